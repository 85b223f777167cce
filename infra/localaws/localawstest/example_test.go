package localawstest_test

import (
	"cmp"
	"fmt"
	"os"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"example.com/shiptrack/infra/localaws/localawstest"
)

// A notes service keeps the notes of every tenant in one table. Its role NotesReader lets a session with the
// tag TenantID=acme read the partition acme, and no other. The policies stand in testdata/notes, one folder per
// role: NotesReader/trust.json says who may become the role, NotesReader/ReadNotes.json what it may do.
func Example() {
	t := newT() // your test has its own: func TestTenantReadsItsOwnNotesOnly(t *testing.T)
	defer t.end()

	local := localawstest.Start(t)
	local.Load(t, os.DirFS("testdata/notes"))
	root := dynamodb.NewFromConfig(local.Config(localawstest.Root))
	createNotes(t, root)

	// The service runs as NotesService, and becomes NotesReader for one tenant at a time.
	service := local.RoleCredentials(t, "NotesService", "task")
	acme := local.Session(t, service, "NotesReader", "acme", map[string]string{"TenantID": "acme"})
	notes := dynamodb.NewFromConfig(local.Config(acme))

	for _, tenant := range []string{"acme", "globex"} {
		_, err := notes.GetItem(t.Context(), &dynamodb.GetItemInput{
			TableName: aws.String("Notes"),
			Key: map[string]types.AttributeValue{
				"TenantID": &types.AttributeValueMemberS{Value: tenant},
				"NoteID":   &types.AttributeValueMemberS{Value: "1"},
			},
		})
		code, _ := localawstest.Failure(err)
		fmt.Printf("acme reads a note of %s: %s\n", tenant, cmp.Or(code, "allowed"))
	}
	// The decision log says why.
	entries := local.Entries(t)
	fmt.Println(entries[len(entries)-1].Misses[0].Said)
	// Output:
	// acme reads a note of acme: allowed
	// acme reads a note of globex: AccessDeniedException
	// NotesReader/ReadNotes OwnNotes (Allow) did not apply: ForAllValues:StringEquals dynamodb:LeadingKeys wants [acme], the request has [globex]
}
