package store

import (
	"bytes"
	"errors"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.etcd.io/bbolt"
	"pgregory.net/rapid"

	"example.com/shiptrack/infra/localaws/internal/s3/frames"
)

var dataKey = bytes.Repeat([]byte{3}, frames.KeySize)

type kit struct {
	testing.TB
	*Store
	db        *bbolt.DB
	directory string
}

func newKit(t testing.TB) *kit {
	t.Helper()
	directory := t.TempDir()
	db, err := bbolt.Open(filepath.Join(directory, "db"), 0o600, &bbolt.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	k := &kit{TB: t, db: db, directory: filepath.Join(directory, "objects")}
	k.reopen()
	if err := k.CreateBucket(&Bucket{Name: "bkt", Created: time.Unix(0, 0)}); err != nil {
		t.Fatal(err)
	}
	return k
}

func (k *kit) reopen() {
	k.Helper()
	s, err := Open(k.db, k.directory)
	if err != nil {
		k.Fatal(err)
	}
	k.Store = s
}

func (k *kit) begin(key, content string) *Upload {
	k.Helper()
	u, err := k.Begin(Object{Bucket: "bkt", Key: key, DataKey: []byte("kept")}, dataKey)
	if err != nil {
		k.Fatal(err)
	}
	if _, err := io.WriteString(u, content); err != nil {
		k.Fatal(err)
	}
	return u
}

func (k *kit) put(key, content string) {
	k.Helper()
	if _, err := k.begin(key, content).Commit(func(o *Object) { o.ETag = "e" }, nil); err != nil {
		k.Fatal(err)
	}
}

func (k *kit) content(key string) (string, error) {
	o, err := k.Object("bkt", key)
	if err != nil {
		return "", err
	}
	return k.contentOf(o)
}

func (k *kit) contentOf(o *Object) (string, error) {
	c, err := k.Open(o, dataKey)
	if err != nil {
		return "", err
	}
	defer func() { _ = c.Close() }()
	all, err := io.ReadAll(c.Range(0, o.Size))
	return string(all), err
}

// stored are the names of all files of the store.
func (k *kit) stored() []string {
	k.Helper()
	var all []string
	if err := filepath.WalkDir(k.directory, func(path string, entry os.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			all = append(all, path)
		}
		return err
	}); err != nil {
		k.Fatal(err)
	}
	return all
}

func TestObjectsAreKeptUnderFlatKeys(t *testing.T) {
	k := newKit(t)
	want := map[string]string{}
	for _, key := range []string{
		"a", "a/b", "a/", "yellow/../blue/1", "blue/1", "../../etc/passwd", "..", ".", "/lead", "a//b", "yellow%2F1", "yellow/1", strings.Repeat("x", 1024), "é", "A",
	} {
		want[key] = "of " + key
		k.put(key, want[key])
	}
	k.reopen()
	for key, content := range want {
		if got, err := k.content(key); err != nil || got != content {
			t.Errorf("%q: %q, %v; want %q", key, got, err, content)
		}
	}
	for _, path := range k.stored() {
		if name := filepath.Base(path); filepath.Dir(path) != k.directory || len(name) != 64 || strings.Trim(name, "0123456789abcdef") != "" {
			t.Errorf("the file %s is not named by a hash", path)
		}
	}
	if _, err := k.content("yellow/2"); !errors.Is(err, ErrNoSuchKey) {
		t.Errorf("a key that is not there: %v, want ErrNoSuchKey", err)
	}
	if _, err := k.Object("other", "a"); !errors.Is(err, ErrNoSuchBucket) {
		t.Errorf("a bucket that is not there: %v, want ErrNoSuchBucket", err)
	}
}

func TestWriteThatIsCutOffLeavesNothing(t *testing.T) {
	k := newKit(t)
	k.put("a", "first")
	k.begin("a", strings.Repeat("second", 1<<16)) // neither committed nor aborted, as after kill -9
	whole := k.begin("b", "whole")
	if _, err := whole.file.finish(); err != nil { // killed between the file and the catalog
		t.Fatal(err)
	}
	aborted := k.begin("c", "c")
	aborted.Abort()
	k.reopen()
	if got := k.stored(); len(got) != 1 {
		t.Errorf("files %v, want that of the first object alone", got)
	}
	if got, err := k.content("a"); got != "first" {
		t.Errorf("the object before is %q, %v", got, err)
	}
	for _, key := range []string{"b", "c"} {
		if _, err := k.content(key); !errors.Is(err, ErrNoSuchKey) {
			t.Errorf("%s: %v, want ErrNoSuchKey", key, err)
		}
	}
}

func TestConditionDecidesWithWhatIsThere(t *testing.T) {
	k := newKit(t)
	k.put("a", "first")
	refused := errors.New("refused")
	absent := func(o *Object) error {
		if o != nil {
			return refused
		}
		return nil
	}
	if _, err := k.begin("a", "second").Commit(func(*Object) {}, absent); !errors.Is(err, refused) {
		t.Errorf("put of what is there: %v, want the error of the condition", err)
	}
	if got, _ := k.content("a"); got != "first" || len(k.stored()) != 1 {
		t.Errorf("after a refused write: %q and files %v", got, k.stored())
	}
	if _, err := k.begin("b", "second").Commit(func(*Object) {}, absent); err != nil {
		t.Errorf("control: %v", err)
	}
	if err := k.Delete("bkt", "a", func(*Object) error { return refused }); !errors.Is(err, refused) {
		t.Errorf("delete: %v, want the error of the condition", err)
	}
	if err := k.Delete("bkt", "a", nil); err != nil || len(k.stored()) != 1 {
		t.Errorf("delete: %v, files %v", err, k.stored())
	}
	if err := k.Delete("bkt", "a", nil); err != nil {
		t.Errorf("delete of what is gone: %v", err)
	}
}

func TestObjectThatIsReplacedIsReadToItsEnd(t *testing.T) {
	k := newKit(t)
	k.put("a", "first")
	o, err := k.Object("bkt", "a")
	if err != nil {
		t.Fatal(err)
	}
	c, err := k.Open(o, dataKey)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	k.put("a", "second")
	if got, err := io.ReadAll(c.Range(0, o.Size)); string(got) != "first" {
		t.Errorf("read %q, %v; want the object as it was opened", got, err)
	}
	if _, err := k.Open(o, dataKey); !errors.Is(err, ErrNoSuchKey) {
		t.Errorf("opened once more: %v, want ErrNoSuchKey", err)
	}
	if got, err := k.content("a"); got != "second" {
		t.Errorf("now it is %q, %v", got, err)
	}
}

func TestFilesThatWereChangedAreNeverAnswered(t *testing.T) {
	k := newKit(t)
	k.put("a", strings.Repeat("a", 100_000))
	k.put("b", strings.Repeat("b", 100_000))
	a, _ := k.Object("bkt", "a")
	b, _ := k.Object("bkt", "b")
	pathA, pathB := k.path(a.Parts[0].File), k.path(b.Parts[0].File)
	saved, err := os.ReadFile(pathA)
	if err != nil {
		t.Fatal(err)
	}
	other, err := os.ReadFile(pathB)
	if err != nil {
		t.Fatal(err)
	}
	flipped := bytes.Clone(saved)
	flipped[70_000] ^= 1
	for name, content := range map[string][]byte{
		"another object's file": other, "cut off": saved[:len(saved)-1], "cut at a frame": saved[:frames.Size+16], "nothing": nil, "a bit": flipped, "more": append(bytes.Clone(saved), 0),
	} {
		if err := os.WriteFile(pathA, content, 0o600); err != nil {
			t.Fatal(err)
		}
		if got, err := k.content("a"); !errors.Is(err, frames.ErrCorrupt) {
			t.Errorf("%s: %d bytes, %v; want ErrCorrupt", name, len(got), err)
		}
	}
	if err := os.WriteFile(pathA, saved, 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := k.content("a"); err != nil || len(got) != 100_000 {
		t.Errorf("control: %d bytes, %v", len(got), err)
	}
	if bytes.Contains(saved, []byte("aaaaaaaa")) {
		t.Error("the plaintext is on disk")
	}
}

func TestBucketsComeAndGo(t *testing.T) {
	k := newKit(t)
	if err := k.CreateBucket(&Bucket{Name: "bkt"}); !errors.Is(err, ErrBucketExists) {
		t.Errorf("made twice: %v", err)
	}
	k.put("a", "")
	if got, err := k.content("a"); err != nil || got != "" {
		t.Errorf("an empty object: %q, %v", got, err)
	}
	if err := k.DeleteBucket("bkt"); !errors.Is(err, ErrBucketNotEmpty) {
		t.Errorf("deleted with an object: %v", err)
	}
	if err := k.Delete("bkt", "a", nil); err != nil {
		t.Fatal(err)
	}
	if err := k.DeleteBucket("bkt"); err != nil {
		t.Fatal(err)
	}
	if _, err := k.Bucket("bkt"); !errors.Is(err, ErrNoSuchBucket) {
		t.Errorf("a bucket that is deleted: %v", err)
	}
	if _, err := k.Begin(Object{Bucket: "bkt", Key: "a"}, dataKey); !errors.Is(err, ErrNoSuchBucket) {
		t.Errorf("a write into it: %v", err)
	}
	if all, err := k.Buckets(); err != nil || len(all) != 0 {
		t.Errorf("buckets %v, %v", all, err)
	}
}

// naive is a list as S3's documentation describes it, of all keys at once.
func naive(keys []string, l List) []string {
	var all []string
	for _, key := range slices.Sorted(slices.Values(keys)) {
		rest, ok := strings.CutPrefix(key, l.Prefix)
		if !ok {
			continue
		}
		name := key
		if i := strings.Index(rest, l.Delimiter); l.Delimiter != "" && i >= 0 {
			name = l.Prefix + rest[:i+len(l.Delimiter)]
		}
		if name > l.After && !slices.Contains(all, name) {
			all = append(all, name)
		}
	}
	return all
}

func TestPropertyPagesOfAListAreTheList(t *testing.T) {
	k := newKit(t)
	keys := map[string]bool{}
	words := rapid.StringMatching(`[ab/]{1,4}`)
	rapid.Check(t, func(t *rapid.T) {
		for _, key := range rapid.SliceOfN(words, 0, 3).Draw(t, "keys") {
			if !keys[key] {
				k.put(key, "")
				keys[key] = true
			}
		}
		l := List{
			Bucket: "bkt", Prefix: rapid.StringMatching(`[ab/]{0,2}`).Draw(t, "prefix"), Delimiter: rapid.SampledFrom([]string{"", "/", "ab"}).Draw(t, "delimiter"),
			Limit: rapid.IntRange(1, 4).Draw(t, "limit"),
		}
		want := naive(slices.Collect(maps.Keys(keys)), l)
		var got []string
		for range 1000 {
			page, more, err := k.List(l)
			if err != nil || len(page) > l.Limit || more && len(page) == 0 {
				t.Fatalf("%+v: %d entries, %v", l, len(page), err)
			}
			for _, entry := range page {
				got = append(got, entry.Name())
			}
			if !more {
				break
			}
			l.After = got[len(got)-1]
		}
		if !slices.Equal(got, want) {
			t.Fatalf("%+v of %v: %q, want %q", l, slices.Sorted(maps.Keys(keys)), got, want)
		}
	})
	if _, _, err := k.List(List{Bucket: "other", Limit: 1}); !errors.Is(err, ErrNoSuchBucket) {
		t.Errorf("a list of a bucket that is not there: %v", err)
	}
}
