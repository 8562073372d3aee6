locals { k = "k" }
