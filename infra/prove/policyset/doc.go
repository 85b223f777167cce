// Package policyset asks the theorem about anybody's policies: a folder of roles, what `aws iam get-account-authorization-details`
// prints, or what `terraform show -json` prints of a plan or a state. It says for each role and store whether tenants are kept apart,
// shows each refutation as a request that is replayed, and names the guard that is missing. It refuses what it cannot read wholly.
//
//   - what is read: set.go, folder.go, details.go, terraform*.go, references.go, located.go; what of it is no role: others.go
//   - the verdict: check.go, component.go; what is told of a refutation: story.go, names.go, guard.go, relocate.go, replay.go
//   - a first ownership file: guess.go, guessed.go; two sets compared: diff.go, before.go
//   - what people and tools read: text.go, markdown.go, junit.go, github.go
package policyset
