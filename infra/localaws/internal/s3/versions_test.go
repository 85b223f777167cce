package s3_test

import (
	"io"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"example.com/shiptrack/infra/localaws/localawstest"
)

func (k *kit) enableVersions() {
	k.Helper()
	_, err := k.root.PutBucketVersioning(k.Context(), &s3.PutBucketVersioningInput{Bucket: aws.String(bucket), VersioningConfiguration: &types.VersioningConfiguration{Status: "Enabled"}})
	k.must(err)
}

func (k *kit) putVersion(key, text string) string {
	k.Helper()
	out, err := k.root.PutObject(k.Context(), &s3.PutObjectInput{Bucket: aws.String(bucket), Key: &key, Body: strings.NewReader(text)})
	k.must(err)
	return aws.ToString(out.VersionId)
}

func (k *kit) getVersion(c *s3.Client, key, version string) (string, error) {
	out, err := c.GetObject(k.Context(), &s3.GetObjectInput{Bucket: aws.String(bucket), Key: &key, VersionId: &version})
	if err != nil {
		return "", err
	}
	text, err := io.ReadAll(out.Body)
	return string(text), err
}

func (k *kit) versions(c *s3.Client, prefix string) (string, error) {
	var all []string
	in := &s3.ListObjectVersionsInput{Bucket: aws.String(bucket), Prefix: &prefix, MaxKeys: aws.Int32(2)}
	for {
		out, err := c.ListObjectVersions(k.Context(), in)
		if err != nil {
			return "", err
		}
		for _, v := range out.Versions {
			all = append(all, *v.Key+" "+*v.VersionId)
		}
		for _, m := range out.DeleteMarkers {
			all = append(all, *m.Key+" deleted "+*m.VersionId)
		}
		if !*out.IsTruncated {
			return strings.Join(all, ", "), nil
		}
		in.KeyMarker, in.VersionIdMarker = out.NextKeyMarker, out.NextVersionIdMarker
	}
}

func TestVersionsOfAnObject(t *testing.T) {
	k := newKit(t)
	k.must(k.put(k.root, "a", "null"))
	k.enableVersions()
	first, second := k.putVersion("a", "first"), k.putVersion("a", "second")
	if first == "" || first == second {
		t.Fatalf("versions %q and %q", first, second)
	}
	out, err := k.root.DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: aws.String(bucket), Key: aws.String("a")})
	k.must(err)
	if !aws.ToBool(out.DeleteMarker) || aws.ToString(out.VersionId) == "" {
		t.Errorf("deleted: %+v", out)
	}
	k.isMissing("a")
	for version, want := range map[string]string{"null": "null", first: "first", second: "second"} {
		if got, err := k.getVersion(k.root, "a", version); err != nil || got != want {
			t.Errorf("version %s is %q, %v", version, got, err)
		}
	}
	_, err = k.getVersion(k.root, "a", *out.VersionId)
	localawstest.WantFailure(t, err, "MethodNotAllowed", 405)
	_, err = k.getVersion(k.root, "a", "none")
	localawstest.WantFailure(t, err, "NoSuchVersion", 404)
	if got, err := k.versions(k.root, ""); err != nil || got != "a "+second+", a deleted "+*out.VersionId+", a "+first+", a null" {
		t.Errorf("versions %s, %v", got, err)
	}
	k.must(k.copy(k.root, "a?versionId="+first, "a"))
	k.holds("a", "first")
	k.must(k.tag(k.root, "a", "Kind", "bill"))
	_, err = k.root.PutObjectTagging(t.Context(), &s3.PutObjectTaggingInput{Bucket: aws.String(bucket), Key: aws.String("a"), VersionId: &second, Tagging: tagSet("Kind", "photo")})
	k.must(err)
	k.isTagged("a", "map[Kind:bill]")
	_, err = k.root.DeleteBucket(t.Context(), &s3.DeleteBucketInput{Bucket: aws.String(bucket)})
	localawstest.WantFailure(t, err, "BucketNotEmpty", 409)
	_, err = k.root.DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: aws.String(bucket), Key: aws.String("a"), VersionId: &second})
	k.must(err)
	_, err = k.getVersion(k.root, "a", second)
	localawstest.WantFailure(t, err, "NoSuchVersion", 404)
}

func TestVersionsHavePermissionsOfTheirOwn(t *testing.T) {
	k := newKit(t, "yellow")
	yellow := k.tenant("yellow")
	k.enableVersions()
	version, other := k.putVersion("yellow/a", "first"), k.putVersion("blue/a", "blue")
	k.putVersion("yellow/a", "second")
	_, err := k.get(yellow, "yellow/a")
	k.must(err)
	_, err = k.getVersion(yellow, "yellow/a", version)
	k.denied(err, "s3:GetObjectVersion")
	_, err = k.versions(yellow, "yellow/")
	k.denied(err, "s3:ListBucketVersions")
	k.denied(k.copy(yellow, "yellow/a?versionId="+version, "yellow/b"), "s3:GetObjectVersion")
	_, err = yellow.DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: aws.String(bucket), Key: aws.String("yellow/a"), VersionId: &version})
	k.denied(err, "s3:DeleteObjectVersion")
	_, err = yellow.GetObjectTagging(t.Context(), &s3.GetObjectTaggingInput{Bucket: aws.String(bucket), Key: aws.String("yellow/a"), VersionId: &version})
	k.denied(err, "s3:GetObjectVersionTagging")

	own := strings.Replace(ownDocuments, `"s3:GetObject",`, `"s3:GetObject","s3:GetObjectVersion",`, 1)
	k.putRoles(strings.Replace(own, `"s3:ListBucket"`, `["s3:ListBucket","s3:ListBucketVersions"]`, 1))
	if got, err := k.getVersion(yellow, "yellow/a", version); err != nil || got != "first" {
		t.Errorf("own version %q, %v", got, err)
	}
	_, err = k.getVersion(yellow, "blue/a", other)
	k.denied(err, "s3:GetObjectVersion")
	if got, err := k.versions(yellow, "yellow/"); err != nil || strings.Count(got, "yellow/a") != 2 {
		t.Errorf("own versions %s, %v", got, err)
	}
	_, err = k.versions(yellow, "blue/")
	k.denied(err, "s3:ListBucketVersions")
	_, err = k.versions(yellow, "")
	k.denied(err, "s3:ListBucketVersions")
	k.must(k.copy(yellow, "yellow/a?versionId="+version, "yellow/b"))
	k.holds("yellow/b", "first")
}

// The tags that a policy sees are those of the version.
func TestPoliciesSeeTheTagsOfAVersion(t *testing.T) {
	k := newKit(t)
	k.enableVersions()
	older := k.putVersion("a", "first")
	k.must(k.tag(k.root, "a", "TenantID", "blue"))
	newer := k.putVersion("a", "second")
	k.must(k.tag(k.root, "a", "TenantID", "yellow"))
	k.putRoles(strings.Replace(ownTagged, `"s3:GetObject",`, `"s3:GetObject","s3:GetObjectVersion",`, 1))
	yellow := k.tenant("yellow")
	_, err := k.getVersion(yellow, "a", older)
	k.denied(err, "s3:GetObjectVersion")
	if got, err := k.getVersion(yellow, "a", newer); err != nil || got != "second" {
		t.Errorf("own version %q, %v", got, err)
	}
}

// TestErrorsNameTheDeleteMarker: S3 User Guide, "Working with delete markers".
func TestErrorsNameTheDeleteMarker(t *testing.T) {
	k := newKit(t)
	yellow := k.session("yellow")
	k.enableVersions()
	k.putVersion("yellow/1", "text")
	out, err := k.root.DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: aws.String(bucket), Key: aws.String("yellow/1")})
	k.must(err)
	marker := aws.ToString(out.VersionId)
	for _, method := range []string{"GET", "HEAD"} {
		for query, status := range map[string]int{"": 404, "?versionId=" + marker: 405} {
			a := k.ask(method, "/"+bucket+"/yellow/1"+query, "", localawstest.Root)
			if a.status != status || a.header.Get("X-Amz-Delete-Marker") != "true" || a.header.Get("X-Amz-Version-Id") != marker {
				t.Errorf("%s %q: %d %v, want %d with the marker %s", method, query, a.status, a.header, status, marker)
			}
			if hasTime, isAllowed := a.header.Get("Last-Modified") != "", a.header.Get("Allow") == "DELETE"; hasTime != (status == 405) || isAllowed != (status == 405) {
				t.Errorf("%s %q: %v", method, query, a.header)
			}
		}
	}
	if a := k.ask("GET", "/"+bucket+"/yellow/none", "", localawstest.Root); a.status != 404 || a.header.Get("X-Amz-Delete-Marker") != "" {
		t.Errorf("a key that never was: %d %v", a.status, a.header)
	}
	// Who may not list the bucket does not learn that there was an object.
	if a := k.ask("GET", "/"+bucket+"/yellow/1", "", yellow); a.status != 403 || a.header.Get("X-Amz-Delete-Marker") != "" || a.header.Get("X-Amz-Version-Id") != "" {
		t.Errorf("without a permission to list: %d %v", a.status, a.header)
	}
}
