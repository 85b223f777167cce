package dynamodb

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"go.etcd.io/bbolt"
)

// childPath, where set, makes the test binary a writer that is to be killed.
const childPath = "DYNAMODB_TEST_WRITE_TO"

func TestMain(m *testing.M) {
	if path := os.Getenv(childPath); path != "" {
		fmt.Fprintln(os.Stderr, writeUntilKilled(path))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// writers is how many goroutines of the child write at once, so that writes share transactions.
const writers = 4

// writeUntilKilled puts items and says so on stdout, one line for each after it was acknowledged.
func writeUntilKilled(path string) error {
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{Timeout: time.Second})
	if err != nil {
		return err
	}
	s, err := New(Config{DB: db})
	if err != nil {
		return err
	}
	if _, err := do(s, "CreateTable", createLoaded); err != nil {
		return err
	}
	var mu sync.Mutex
	failed := make(chan error, writers)
	for w := range writers {
		go func() {
			for i := w; ; i += writers {
				if _, err := do(s, "PutItem", putBody(i)); err != nil {
					failed <- err
					return
				}
				mu.Lock()
				fmt.Println(i)
				mu.Unlock()
			}
		}()
	}
	return <-failed
}

// createLoaded creates TrackingData with an index by what putBody puts.
var createLoaded = createIndexed("TrackingData", []string{"TenantID S", "ShipmentID S", "Load S"}, "", gsi("ByLoad", "KEYS_ONLY", "Load", "ShipmentID"))

func putBody(i int) string {
	return `{"TableName":"TrackingData","Item":{"TenantID":{"S":"yellow"},"ShipmentID":{"S":"` + strconv.Itoa(i) + `"},"Load":{"S":"` +
		strings.Repeat("x", 500) + `"}}}`
}

func TestAKilledStoreHasEveryAcknowledgedWrite(t *testing.T) {
	path := filepath.Join(t.TempDir(), "db")
	acknowledged := killAfter(t, path, 300)
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{Timeout: 5 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	s, err := New(Config{DB: db})
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range acknowledged {
		got := must(t, s, "GetItem", `{"TableName":"TrackingData","Key":{"TenantID":{"S":"yellow"},"ShipmentID":{"S":"`+strconv.Itoa(i)+`"}}}`)
		if !strings.Contains(got, "xxx") {
			t.Fatalf("item %d of %d acknowledged is gone: got %s", i, len(acknowledged), got)
		}
	}
	sum, err := s.store.Sizes(s.store.Table("TrackingData"))
	if err != nil || sum.Items < int64(len(acknowledged)) || sum.Items > int64(len(acknowledged)+writers*2) {
		t.Errorf("got %d items, want the %d acknowledged and at most those under way", sum.Items, len(acknowledged))
	}
	indexed := 0
	for _, page := range pagesOf(t, s, "Scan", query+`"IndexName":"ByLoad"`) {
		indexed += len(page)
	}
	if int64(indexed) != sum.Items || sum.Indexes["ByLoad"].Items != sum.Items {
		t.Errorf("got %d entries in the index, counted %d, want one for each of %d items", indexed, sum.Indexes["ByLoad"].Items, sum.Items)
	}
}

// killAfter lets a child write, kills it with SIGKILL after n acknowledgements, and returns all that it
// gave.
func killAfter(t *testing.T, path string, n int) []int {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	child := exec.CommandContext(ctx, os.Args[0])
	child.Env = append(os.Environ(), childPath+"="+path)
	child.Stderr = os.Stderr
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	var acknowledged []int
	for lines := bufio.NewScanner(out); lines.Scan(); {
		i, err := strconv.Atoi(lines.Text())
		if err != nil {
			break // the last line may be cut
		}
		acknowledged = append(acknowledged, i)
		if len(acknowledged) == n {
			if err := child.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := child.Wait(); err == nil {
		t.Fatal("the child ended by itself")
	}
	if len(acknowledged) < n {
		t.Fatalf("got %d acknowledgements, want %d", len(acknowledged), n)
	}
	return acknowledged
}

func TestTablesAndItemsAreThereAfterReopening(t *testing.T) {
	path := filepath.Join(t.TempDir(), "db")
	db := openDB(t, path)
	s, err := New(Config{DB: db})
	if err != nil {
		t.Fatal(err)
	}
	must(t, s, "CreateTable", createLoaded)
	must(t, s, "PutItem", putBody(1))
	must(t, s, "UpdateTable", createLate("ByPort", "ALL", "Port"))
	before := must(t, s, "DescribeTable", tName)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if s, err = New(Config{DB: openDB(t, path)}); err != nil {
		t.Fatal(err)
	}
	if after := must(t, s, "DescribeTable", tName); after != before {
		t.Errorf("got %s\nwant %s", after, before)
	}
	if got := must(t, s, "Query", query+keyCond+`}`); !strings.Contains(got, `"Count":1`) {
		t.Errorf("got %s, want the item", got)
	}
	if got := must(t, s, "Scan", query+`"IndexName":"ByLoad"}`); !strings.Contains(got, `"Count":1`) {
		t.Errorf("got %s, want the item's entry", got)
	}
	put(t, s, "yellow", "2", `"Port":{"S":"Oslo"}`)
	if got := must(t, s, "Scan", query+`"IndexName":"ByPort"}`); !strings.Contains(got, `"Count":1`) {
		t.Errorf("got %s, want the entry of what was put after reopening", got)
	}
}
