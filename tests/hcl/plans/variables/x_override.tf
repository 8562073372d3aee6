locals { k = "overridden" }
