// Package terraform holds no Go code but tests: of the modules beside it, on localaws, and with a provider that is mocked.
package terraform
