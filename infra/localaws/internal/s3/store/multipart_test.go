package store

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

func (k *kit) multipart(key string) *Multipart {
	k.Helper()
	m := &Multipart{Bucket: "bkt", Key: key, Initiated: time.Unix(1000, 0), Object: &Object{DataKey: []byte("kept"), Tags: map[string]string{"a": "b"}}}
	if err := k.CreateMultipart(m); err != nil {
		k.Fatal(err)
	}
	return m
}

func (k *kit) beginPart(m *Multipart, number int, content string) *PartUpload {
	k.Helper()
	p, err := k.BeginPart(m, number, dataKey)
	if err != nil {
		k.Fatal(err)
	}
	if _, err := io.WriteString(p, content); err != nil {
		k.Fatal(err)
	}
	return p
}

func (k *kit) part(m *Multipart, number int, content string) {
	k.Helper()
	if _, err := k.beginPart(m, number, content).Commit(func(p *UploadedPart) { p.ETag = "of " + content }); err != nil {
		k.Fatal(err)
	}
}

// all assembles all parts, in the order of their numbers.
func all(numbers ...int) func(*Object, map[int]*UploadedPart) error {
	return func(o *Object, parts map[int]*UploadedPart) error {
		for _, n := range numbers {
			o.Parts = append(o.Parts, parts[n].Part)
			o.Size += parts[n].Size
		}
		return nil
	}
}

func TestPartsMakeAnObject(t *testing.T) {
	k := newKit(t)
	k.put("a", "before")
	m := k.multipart("a")
	k.part(m, 10000, "last")
	k.part(m, 2, "to be replaced")
	k.part(m, 2, strings.Repeat("second", 20_000))
	k.part(m, 7, "not used")
	if got := k.stored(); len(got) != 4 {
		t.Errorf("%d files, want those of the object before and of three parts", len(got))
	}
	k.reopen()
	if got, err := k.content("a"); got != "before" {
		t.Errorf("while it is uploaded: %q, %v", got, err)
	}
	m, err := k.Multipart("bkt", "a", m.ID)
	if err != nil {
		t.Fatal(err)
	}
	page, more, err := k.Parts(m, 2, 1)
	if err != nil || !more || len(page) != 1 || page[0].Number != 7 || page[0].ETag != "of not used" {
		t.Errorf("one part behind the second: %+v, %v, %v", page, more, err)
	}
	if page, more, err = k.Parts(m, 7, 1); err != nil || more || len(page) != 1 || page[0].Number != 10000 {
		t.Errorf("the last page: %+v, %v, %v", page, more, err)
	}
	o, err := k.Complete(m, all(2, 10000), nil)
	if err != nil || o.Tags["a"] != "b" {
		t.Fatalf("completed: %+v, %v", o, err)
	}
	want := strings.Repeat("second", 20_000) + "last"
	if got, err := k.content("a"); err != nil || got != want {
		t.Errorf("%d bytes, %v; want %d", len(got), err, len(want))
	}
	c, err := k.Open(o, dataKey)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range [][2]int{{0, 0}, {119_999, 2}, {120_000, 4}, {120_004, 0}, {65_535, 54_469}, {0, 120_004}} {
		if got, err := io.ReadAll(c.Range(int64(r[0]), int64(r[1]))); err != nil || string(got) != want[r[0]:r[0]+r[1]] {
			t.Errorf("range %v: %d bytes, %v", r, len(got), err)
		}
	}
	if _, err := io.ReadAll(c.Range(120_000, 5)); err == nil {
		t.Error("a range beyond the object is read")
	}
	if err := c.Close(); err != nil || len(k.stored()) != 2 {
		t.Errorf("close: %v; files %v, want those of the two parts", err, k.stored())
	}
	if _, err := k.Multipart("bkt", "a", m.ID); !errors.Is(err, ErrNoSuchUpload) {
		t.Errorf("the upload: %v, want ErrNoSuchUpload", err)
	}
}

func TestObjectOfManyPartsHasOneFileOpen(t *testing.T) {
	k := newKit(t)
	m := k.multipart("a")
	var numbers []int
	for n := range 50 {
		k.part(m, n+1, fmt.Sprintf("%02d", n))
		numbers = append(numbers, n+1)
	}
	o, err := k.Complete(m, all(numbers...), nil)
	if err != nil {
		t.Fatal(err)
	}
	c, err := k.Open(o, dataKey)
	if err != nil {
		t.Fatal(err)
	}
	r := c.Range(0, o.Size)
	if _, err := io.CopyN(io.Discard, r, 60); err != nil {
		t.Fatal(err)
	}
	links, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skip("only Linux tells which files are open")
	}
	open := 0
	for _, link := range links {
		if target, _ := os.Readlink("/proc/self/fd/" + link.Name()); strings.HasPrefix(target, k.directory) {
			open++
		}
	}
	if open != 1 {
		t.Errorf("%d files are open, want 1", open)
	}
	if err := k.Delete("bkt", "a", nil); err != nil {
		t.Fatal(err)
	}
	if rest, err := io.ReadAll(r); err != nil || len(rest) != 40 {
		t.Errorf("read on after the delete: %d bytes, %v; want 40", len(rest), err)
	}
	if err := c.Close(); err != nil || len(k.stored()) != 0 {
		t.Errorf("close: %v; files %v, want none", err, k.stored())
	}
}

func TestUploadThatEndsLeavesNoParts(t *testing.T) {
	k := newKit(t)
	other := k.multipart("a")
	k.part(other, 1, "of another upload")
	m := k.multipart("a")
	k.part(m, 1, "first")
	late := k.beginPart(m, 2, "late")
	k.beginPart(m, 3, "cut off") // neither committed nor aborted, as after kill -9
	if err := k.AbortMultipart(m); err != nil {
		t.Fatal(err)
	}
	if _, err := late.Commit(func(*UploadedPart) {}); !errors.Is(err, ErrNoSuchUpload) {
		t.Errorf("a part that comes too late: %v, want ErrNoSuchUpload", err)
	}
	for name, err := range map[string]error{
		"aborted twice": k.AbortMultipart(m),
		"another key":   func() error { _, err := k.Multipart("bkt", "b", other.ID); return err }(),
		"completed":     func() error { _, err := k.Complete(m, all(), nil); return err }(),
		"listed":        func() error { _, _, err := k.Parts(m, 0, 1); return err }(),
	} {
		if !errors.Is(err, ErrNoSuchUpload) {
			t.Errorf("%s: %v, want ErrNoSuchUpload", name, err)
		}
	}
	k.reopen()
	if got := k.stored(); len(got) != 1 {
		t.Errorf("files %v, want that of the other upload alone", got)
	}
	if err := k.DeleteBucket("bkt"); err != nil {
		t.Fatal(err)
	}
	if got := k.stored(); len(got) != 0 {
		t.Errorf("files %v after the bucket was deleted, want none", got)
	}
	if _, err := k.Multipart("bkt", "a", other.ID); !errors.Is(err, ErrNoSuchBucket) {
		t.Errorf("an upload into it: %v, want ErrNoSuchBucket", err)
	}
	if err := k.CreateBucket(&Bucket{Name: "bkt"}); err != nil {
		t.Fatal(err)
	}
	if _, err := k.Multipart("bkt", "a", other.ID); !errors.Is(err, ErrNoSuchUpload) {
		t.Errorf("an upload into the bucket before: %v, want ErrNoSuchUpload", err)
	}
}

func TestUploadThatIsRefusedGoesOn(t *testing.T) {
	k := newKit(t)
	k.put("a", "before")
	m := k.multipart("a")
	k.part(m, 1, "first")
	refused := errors.New("refused")
	if _, err := k.Complete(m, func(*Object, map[int]*UploadedPart) error { return refused }, nil); !errors.Is(err, refused) {
		t.Errorf("parts that do not fit: %v", err)
	}
	if _, err := k.Complete(m, all(1), func(*Object) error { return refused }); !errors.Is(err, refused) {
		t.Errorf("a condition: %v", err)
	}
	if got, _ := k.content("a"); got != "before" {
		t.Errorf("the object is %q", got)
	}
	m, err := k.Multipart("bkt", "a", m.ID)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := k.Complete(m, all(1), nil); err != nil {
		t.Errorf("control: %v", err)
	}
	if got, err := k.content("a"); got != "first" {
		t.Errorf("the object is %q, %v", got, err)
	}
}

func TestUploadsAreListedByKeyAndTime(t *testing.T) {
	k := newKit(t)
	ids := map[string]string{}
	for i, key := range []string{"b", "a/1", "a", "a/2", "c"} {
		for n := range 2 {
			m := &Multipart{Bucket: "bkt", Key: key, Initiated: time.Unix(int64(1000+10*i+n), 0), Object: &Object{}}
			if err := k.CreateMultipart(m); err != nil {
				t.Fatal(err)
			}
			ids[m.ID] = fmt.Sprint(key, " ", n)
		}
	}
	for _, row := range []struct {
		l    List
		want []string
	}{
		{List{}, []string{"a 0", "a 1", "a/1 0", "a/1 1", "a/2 0", "a/2 1", "b 0", "b 1", "c 0", "c 1"}},
		{List{Delimiter: "/"}, []string{"a 0", "a 1", "a/", "b 0", "b 1", "c 0", "c 1"}},
		{List{Prefix: "a/"}, []string{"a/1 0", "a/1 1", "a/2 0", "a/2 1"}},
		{List{After: "a"}, []string{"a/1 0", "a/1 1", "a/2 0", "a/2 1", "b 0", "b 1", "c 0", "c 1"}},
		{List{Prefix: "d"}, nil},
	} {
		for limit := 1; limit < 4; limit++ {
			l, id, got := row.l, "", []string(nil)
			l.Bucket, l.Limit = "bkt", limit
			for more := true; more; {
				var page []UploadEntry
				var err error
				if page, more, err = k.ListMultiparts(l, id); err != nil || len(page) > limit {
					t.Fatalf("%d entries, %v", len(page), err)
				}
				for _, e := range page {
					if e.Upload == nil {
						got, l.After, id = append(got, e.Prefix), e.Prefix, ""
						continue
					}
					got, l.After, id = append(got, ids[e.Upload.ID]), e.Upload.Key, e.Upload.ID
				}
			}
			if !slices.Equal(got, row.want) {
				t.Errorf("%+v: %q, want %q", row.l, got, row.want)
			}
		}
	}
}
