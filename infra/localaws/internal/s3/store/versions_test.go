package store

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func (k *kit) versioning(state string) {
	k.Helper()
	if err := k.ChangeBucket("bkt", func(s *Settings) error { s.Versioning = state; return nil }); err != nil {
		k.Fatal(err)
	}
}

func (k *kit) remove(key, version string) (marker, removed *Object) {
	k.Helper()
	marker, removed, err := k.Remove(&Removal{Bucket: "bkt", Key: key, Version: version, Now: time.Unix(1, 0)})
	if err != nil {
		k.Fatal(err)
	}
	return marker, removed
}

// listed are the versions as a list of them says, in pages.
func (k *kit) listed(l List) []string {
	k.Helper()
	var names []string
	version := ""
	l.Bucket = "bkt"
	for {
		page, more, err := k.ListVersions(l, version)
		if err != nil || len(page) > l.Limit || more && len(page) == 0 {
			k.Fatalf("%d entries, %v", len(page), err)
		}
		for _, e := range page {
			names = append(names, nameOfEntry(e))
			l.After, version = e.Name(), ""
			if e.Object != nil {
				version = e.Object.VersionID()
			}
		}
		if !more {
			return names
		}
	}
}

func nameOfEntry(e VersionEntry) string {
	if e.Object == nil {
		return e.Prefix
	}
	return fmt.Sprint(e.Object.Key, " ", e.Object.VersionID(), " ", e.Object.Deleted, " ", e.Latest)
}

func TestOlderVersionsAreKept(t *testing.T) {
	k := newKit(t)
	k.put("a", "null")
	k.versioning(VersioningEnabled)
	k.put("a", "first")
	first, _ := k.Object("bkt", "a")
	k.put("a", "second")
	marker, removed := k.remove("a", "")
	if marker == nil || removed != nil || marker.Version == "" || !marker.Deleted {
		t.Fatalf("deleted: marker %+v, removed %+v", marker, removed)
	}
	var deleted *DeletedError
	if _, err := k.Object("bkt", "a"); !errors.Is(err, ErrNoSuchKey) || !errors.As(err, &deleted) || deleted.Marker.Version != marker.Version {
		t.Errorf("a deleted object: %v, want ErrNoSuchKey with its marker", err)
	}
	if page, _, _ := k.List(List{Bucket: "bkt", Limit: 10}); len(page) != 0 {
		t.Errorf("a deleted object is listed: %v", page)
	}
	k.reopen()
	for version, want := range map[string]string{NullVersion: "null", first.Version: "first"} {
		o, err := k.Version("bkt", "a", version)
		if err != nil || o.VersionID() != version {
			t.Fatalf("%s: %v", version, err)
		}
		if got, err := k.contentOf(o); got != want {
			t.Errorf("version %s is %q, %v", version, got, err)
		}
	}
	if _, err := k.Version("bkt", "a", "none"); !errors.Is(err, ErrNoSuchVersion) {
		t.Errorf("a version that is not there: %v", err)
	}
	if err := k.DeleteBucket("bkt"); !errors.Is(err, ErrBucketNotEmpty) {
		t.Errorf("a bucket with old versions is deleted: %v", err)
	}
	if _, removed = k.remove("a", marker.Version); removed == nil || !removed.Deleted {
		t.Errorf("removed %+v, want the marker", removed)
	}
	if got, err := k.content("a"); got != "second" {
		t.Errorf("without its marker it is %q, %v", got, err)
	}
	for _, version := range strings.Fields(strings.Join(k.listed(List{Limit: 1}), " ")) {
		if len(version) == 32 || version == NullVersion {
			k.remove("a", version)
		}
	}
	if got := k.stored(); len(got) != 0 {
		t.Errorf("files %v after all versions went", got)
	}
	if err := k.DeleteBucket("bkt"); err != nil {
		t.Errorf("an empty bucket: %v", err)
	}
}

func TestTagsAreOfAVersion(t *testing.T) {
	any := func(*Object) error { return nil }
	k := newKit(t)
	k.put("a", "null")
	k.versioning(VersioningEnabled)
	k.put("a", "first")
	for version, tag := range map[string]string{"": "newest", NullVersion: "null"} {
		if _, err := k.ChangeTags("bkt", "a", version, map[string]string{"a": tag}, any); err != nil {
			t.Fatal(err)
		}
	}
	newest, _ := k.Object("bkt", "a")
	older, _ := k.Version("bkt", "a", NullVersion)
	if newest.Tags["a"] != "newest" || older.Tags["a"] != "null" {
		t.Errorf("tags %v and %v", newest.Tags, older.Tags)
	}
	refused := errors.New("refused")
	for _, version := range []string{"", NullVersion} {
		if _, err := k.ChangeTags("bkt", "a", version, nil, func(o *Object) error { return fmt.Errorf("%w: %v", refused, o.Tags["a"]) }); !errors.Is(err, refused) {
			t.Errorf("version %q: %v, want the error of the check", version, err)
		}
	}
	if o, err := k.Object("bkt", "a"); err != nil || o.Tags["a"] != "newest" {
		t.Errorf("after a refused change: %+v, %v", o, err)
	}
	for _, row := range []struct {
		key, version string
		want         error
	}{{"a", "none", ErrNoSuchVersion}, {"b", "", ErrNoSuchKey}, {"b", NullVersion, ErrNoSuchVersion}} {
		if _, err := k.ChangeTags("bkt", row.key, row.version, nil, any); !errors.Is(err, row.want) {
			t.Errorf("%+v: %v", row, err)
		}
	}
}

// model is a bucket as the S3 User Guide, "Using versioning", describes it: all versions of a key, the newest first.
type model map[string][]string

func (m model) removeAt(key string, version string) {
	m[key] = slices.DeleteFunc(m[key], func(v string) bool { return strings.HasPrefix(v, version+" ") })
}

func (m model) add(key, version string, deleted bool) {
	m[key] = slices.Insert(m[key], 0, fmt.Sprint(version, " ", deleted))
}

func (m model) list() []string {
	var names []string
	for key, versions := range m {
		for i, v := range versions {
			names = append(names, fmt.Sprintf("%s\x00%03d%s %s %v", key, i, key, v, i == 0))
		}
	}
	slices.Sort(names)
	for i, name := range names {
		_, name, _ = strings.Cut(name, "\x00")
		names[i] = name[3:]
	}
	return names
}

func TestPropertyVersionsAreThoseOfTheGuide(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		k := newKit(t)
		m, state := model{}, ""
		keys := rapid.SampledFrom([]string{"a", "a/b", "a/c", "b"})
		for range rapid.IntRange(1, 25).Draw(r, "steps") {
			key := keys.Draw(r, "key")
			switch rapid.SampledFrom([]string{"put", "put", "delete", "version", "state"}).Draw(r, "step") {
			case "put":
				k.put(key, "of "+key)
				o, err := k.Object("bkt", key)
				if err != nil || (o.Version != "") != (state == VersioningEnabled) {
					r.Fatalf("put with versioning %q: %+v, %v", state, o, err)
				}
				m.removeAt(key, o.VersionID()) // the null version is replaced
				m.add(key, o.VersionID(), false)
			case "delete":
				marker, _ := k.remove(key, "")
				if (marker != nil) != (state != "") {
					r.Fatalf("deleted with versioning %q: %+v", state, marker)
				}
				if state != VersioningEnabled {
					m.removeAt(key, NullVersion)
				}
				if marker != nil {
					m.add(key, marker.VersionID(), true)
				}
			case "version":
				if len(m[key]) > 0 {
					version, _, _ := strings.Cut(rapid.SampledFrom(m[key]).Draw(r, "version"), " ")
					if _, removed := k.remove(key, version); removed == nil || removed.VersionID() != version {
						r.Fatalf("removed %+v, want %s", removed, version)
					}
					m.removeAt(key, version)
				}
			case "state":
				state = rapid.SampledFrom([]string{VersioningEnabled, VersioningSuspended}).Draw(r, "state")
				k.versioning(state)
			}
			if got, want := k.listed(List{Limit: rapid.IntRange(1, 5).Draw(r, "limit")}), m.list(); !slices.Equal(got, want) {
				r.Fatalf("versions %q, want %q", got, want)
			}
			_, err := k.Object("bkt", key)
			if there := len(m[key]) > 0 && strings.HasSuffix(m[key][0], "false"); (err == nil) != there {
				r.Fatalf("%s: %v, of the versions %q", key, err, m[key])
			}
		}
		files := 0
		for _, versions := range m {
			for _, v := range versions {
				if strings.HasSuffix(v, "false") {
					files++
				}
			}
		}
		k.reopen()
		if got := k.stored(); len(got) != files {
			r.Fatalf("%d files, want %d: %v", len(got), files, m)
		}
	})
}

func TestVersionsAreListedByPrefixAndDelimiter(t *testing.T) {
	k := newKit(t)
	k.versioning(VersioningEnabled)
	for _, key := range []string{"a", "a/b", "a/b", "a/c", "b", "b"} {
		k.put(key, "")
	}
	k.remove("a/c", "")
	short := func(l List) string {
		var names []string
		for _, name := range k.listed(l) {
			name, _, _ = strings.Cut(name, " ")
			names = append(names, name)
		}
		return strings.Join(names, " ")
	}
	for limit := 1; limit < 4; limit++ {
		for _, row := range []struct {
			l    List
			want string
		}{
			{List{}, "a a/b a/b a/c a/c b b"}, {List{Delimiter: "/"}, "a a/ b b"}, {List{Prefix: "a/"}, "a/b a/b a/c a/c"}, {List{After: "a/b"}, "a/c a/c b b"},
			{List{After: "a/", Delimiter: "/"}, "b b"}, {List{Prefix: "c"}, ""}, {List{Prefix: "b", After: "a"}, "b b"},
		} {
			row.l.Limit = limit
			if got := short(row.l); got != row.want {
				t.Errorf("%+v: %q, want %q", row.l, got, row.want)
			}
		}
	}
}
