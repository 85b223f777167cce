# The rules for the language. The ruleset for AWS comes from no registry of Go modules.
plugin "terraform" {
  enabled = true
  preset  = "all"
}
