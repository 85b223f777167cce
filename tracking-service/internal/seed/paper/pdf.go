// Package paper makes the demonstration's shipping documents: PDFs of one page, and pictures of a slip of paper. The same input
// gives the same bytes. It knows no shipment.
package paper

import (
	"bytes"
	"fmt"
	"strings"
)

// Line is a label and what stands beside it, both printable ASCII.
type Line struct{ Label, Text string }

// The page is A4, in points (1/72 inch), and its origin is at the lower left.
const (
	pageWidth  = 595
	pageHeight = 842
	margin     = 56
	lineHeight = 24
	labelWidth = 170
)

// PDF returns a page with a title, the lines below each other, and a note at its foot: PDF 1.4, with fonts that every
// reader has.
func PDF(title string, lines []Line, note string) []byte {
	content := page(title, lines, note)
	objects := []string{
		"<< /Type /Catalog /Pages 2 0 R >>",
		"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
		fmt.Sprintf("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 %d %d] /Contents 4 0 R /Resources << /Font << /R 5 0 R /B 6 0 R >> >> >>", pageWidth, pageHeight),
		fmt.Sprintf("<< /Length %d >>\nstream\n%s\nendstream", len(content), content),
		"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
		"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica-Bold >>",
	}
	var out bytes.Buffer
	out.WriteString("%PDF-1.4\n")
	var table strings.Builder
	for i, object := range objects {
		fmt.Fprintf(&table, "%010d 00000 n \n", out.Len())
		fmt.Fprintf(&out, "%d 0 obj\n%s\nendobj\n", i+1, object)
	}
	start := out.Len()
	fmt.Fprintf(&out, "xref\n0 %d\n0000000000 65535 f \n%strailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n",
		len(objects)+1, table.String(), len(objects)+1, start)
	return out.Bytes()
}

// page returns the operators that draw the page: ISO 32000-1, "Text" and "Graphics".
func page(title string, lines []Line, note string) string {
	var ops []string
	text := func(font string, size, x, y int, s string) {
		ops = append(ops, fmt.Sprintf("BT /%s %d Tf %d %d Td (%s) Tj ET", font, size, x, y, escaped(s)))
	}
	rule := func(y int) {
		ops = append(ops, fmt.Sprintf("0.5 w %d %d m %d %d l S", margin, y, pageWidth-margin, y))
	}
	y := pageHeight - margin - 20
	text("B", 20, margin, y, title)
	y -= 2 * lineHeight
	rule(y + lineHeight)
	for _, line := range lines {
		text("R", 9, margin, y, line.Label)
		text("B", 11, margin+labelWidth, y, line.Text)
		y -= lineHeight
	}
	rule(y + lineHeight/2)
	text("R", 8, margin, margin, note)
	return strings.Join(ops, "\n")
}

// escaped is s as it stands in a string of a PDF.
func escaped(s string) string { return strings.NewReplacer(`\`, `\\`, "(", `\(`, ")", `\)`).Replace(s) }
