# What the third apply edits: the provider tags a user by its new name before it renames it, so that one apply cannot do both.
user = "bea"
path = "/staff/"
key  = "other"
