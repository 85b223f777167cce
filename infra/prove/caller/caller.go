// Package caller holds the policies of who runs prove in an account of AWS: for each command the least that it needs. Tests run each
// command with exactly its policy, and take each action out.
package caller

import (
	"embed"

	"example.com/shiptrack/infra/localaws"
)

//go:embed *.json
var files embed.FS

// Policy is the file of this name, such as "drift", filled with values.
func Policy(name string, values localaws.Values) (string, error) {
	text, err := files.ReadFile(name + ".json")
	if err != nil {
		return "", err
	}
	return values.Fill(name+".json", string(text))
}
