# moved to b
