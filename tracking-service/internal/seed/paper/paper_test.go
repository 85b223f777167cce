package paper_test

import (
	"bytes"
	"image/png"
	"regexp"
	"strconv"
	"testing"

	"example.com/shiptrack/tracking-service/internal/seed/paper"
)

var lines = []paper.Line{{Label: "Shipment", Text: "1001 (draft)"}, {Label: "Carrier", Text: "MAEU"}}

// A reader finds each object by the table at the end: an offset that is wrong makes it a broken file.
func TestPDFIsOneThatReadersOpen(t *testing.T) {
	pdf := paper.PDF("BILL OF LADING", lines, "A note.")
	if !bytes.HasPrefix(pdf, []byte("%PDF-1.4\n")) || !bytes.HasSuffix(pdf, []byte("%%EOF\n")) || !bytes.Contains(pdf, []byte(`(1001 \(draft\)) Tj`)) {
		t.Errorf("the PDF is\n%s", pdf)
	}
	start := regexp.MustCompile(`startxref\n(\d+)\n`).FindSubmatch(pdf)
	at, err := strconv.Atoi(string(start[1]))
	if err != nil || !bytes.HasPrefix(pdf[at:], []byte("xref\n0 7\n")) {
		t.Fatalf("the table is not at %s: %v", start[1], err)
	}
	for i, entry := range regexp.MustCompile(`(\d{10}) 00000 n `).FindAllSubmatch(pdf, -1) {
		offset, err := strconv.Atoi(string(entry[1]))
		if want := strconv.Itoa(i+1) + " 0 obj\n"; err != nil || !bytes.HasPrefix(pdf[offset:], []byte(want)) {
			t.Errorf("at %d there is no object %d", offset, i+1)
		}
	}
	length := regexp.MustCompile(`/Length (\d+) >>\nstream\n((?s).*)\nendstream`).FindSubmatch(pdf)
	if n, err := strconv.Atoi(string(length[1])); err != nil || n != len(length[2]) {
		t.Errorf("the stream has %d bytes, and says %s", len(length[2]), length[1])
	}
}

func TestPNGIsAPictureOfItsLines(t *testing.T) {
	first, err := paper.PNG("PROOF OF DELIVERY", lines)
	if err != nil {
		t.Fatal(err)
	}
	picture, err := png.Decode(bytes.NewReader(first))
	if err != nil || picture.Bounds().Dx() != 480 || len(first) < 500 || len(first) > 8<<10 {
		t.Errorf("%v, %d bytes", err, len(first))
	}
	again, errAgain := paper.PNG("PROOF OF DELIVERY", lines)
	other, errOther := paper.PNG("PROOF OF DELIVERY", lines[:1])
	if errAgain != nil || errOther != nil || !bytes.Equal(first, again) || bytes.Equal(first, other) {
		t.Error("the same lines must give the same bytes, and others others")
	}
}
