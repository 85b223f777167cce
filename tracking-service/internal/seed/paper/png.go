package paper

import (
	"bytes"
	"hash/crc32"
	"image"
	"image/color"
	"image/png"
	"math"
)

// The picture's size, and how many pixels wide a dot of a letter is.
const (
	pictureWidth  = 480
	pictureHeight = 300
	dot           = 2
)

// white and ink are the colours of the picture.
const (
	white = iota
	ink
	blue
)

// PNG returns the picture of a slip: a title, lines, a bar code of the first line, and a signature that belongs to the
// lines. Letters are drawn in capitals; what has no letter stays blank.
func PNG(title string, lines []Line) ([]byte, error) {
	slip := image.NewPaletted(image.Rect(0, 0, pictureWidth, pictureHeight),
		color.Palette{color.White, color.Gray{Y: 30}, color.RGBA{R: 25, G: 60, B: 160, A: 255}})
	frame(slip)
	write(slip, 24, 24, title)
	all := title
	for i, line := range lines {
		write(slip, 24, 56+24*i, line.Label+": "+line.Text)
		all += line.Text
	}
	seed := crc32.ChecksumIEEE([]byte(all))
	barCode(slip, seed)
	signature(slip, seed)
	var out bytes.Buffer
	err := png.Encode(&out, slip)
	return out.Bytes(), err
}

func frame(p *image.Paletted) {
	for x := range pictureWidth {
		for y := range pictureHeight {
			if near(x, pictureWidth) || near(y, pictureHeight) {
				p.SetColorIndex(x, y, ink)
			}
		}
	}
}

// near reports whether at is on the line that runs ten pixels from an edge of a picture of that size.
func near(at, size int) bool { return at == 10 || at == size-11 }

// write draws text with its upper left corner at x, y.
func write(p *image.Paletted, x, y int, text string) {
	for _, r := range text {
		for column, bits := range letters[upper(r)] {
			for row := range 7 {
				if bits>>row&1 == 1 {
					square(p, x+column*dot, y+row*dot, dot)
				}
			}
		}
		x += 6 * dot
	}
}

func upper(r rune) rune {
	if r >= 'a' && r <= 'z' {
		return r - 'a' + 'A'
	}
	return r
}

func square(p *image.Paletted, x, y, size int) {
	for i := range size {
		for j := range size {
			p.SetColorIndex(x+i, y+j, ink)
		}
	}
}

// barCode draws 32 bars whose widths are the bits of seed.
func barCode(p *image.Paletted, seed uint32) {
	x := 24
	for bit := range 32 {
		width := 2 + 2*int(seed>>bit&1)
		for i := range width {
			for y := pictureHeight - 70; y < pictureHeight-30; y++ {
				p.SetColorIndex(x+i, y, ink)
			}
		}
		x += width + 2
	}
}

// signature draws a curve whose waves belong to seed.
func signature(p *image.Paletted, seed uint32) {
	a, b := float64(seed%7+3), float64(seed>>8%11+5)
	for step := range 4000 {
		t := float64(step) / 4000
		x := 280 + 160*t
		y := float64(pictureHeight-60) + 18*math.Sin(2*math.Pi*a*t) - 12*math.Sin(2*math.Pi*b*t)*t
		p.SetColorIndex(int(x), int(y), blue)
		p.SetColorIndex(int(x), int(y)+1, blue)
	}
}

// letters are the columns of each letter, five of seven dots, the lowest bit on top.
var letters = map[rune][5]byte{
	'A': {0x7e, 0x11, 0x11, 0x11, 0x7e}, 'B': {0x7f, 0x49, 0x49, 0x49, 0x36}, 'C': {0x3e, 0x41, 0x41, 0x41, 0x22},
	'D': {0x7f, 0x41, 0x41, 0x22, 0x1c}, 'E': {0x7f, 0x49, 0x49, 0x49, 0x41}, 'F': {0x7f, 0x09, 0x09, 0x09, 0x01},
	'G': {0x3e, 0x41, 0x49, 0x49, 0x7a}, 'H': {0x7f, 0x08, 0x08, 0x08, 0x7f}, 'I': {0x00, 0x41, 0x7f, 0x41, 0x00},
	'J': {0x20, 0x40, 0x41, 0x3f, 0x01}, 'K': {0x7f, 0x08, 0x14, 0x22, 0x41}, 'L': {0x7f, 0x40, 0x40, 0x40, 0x40},
	'M': {0x7f, 0x02, 0x0c, 0x02, 0x7f}, 'N': {0x7f, 0x04, 0x08, 0x10, 0x7f}, 'O': {0x3e, 0x41, 0x41, 0x41, 0x3e},
	'P': {0x7f, 0x09, 0x09, 0x09, 0x06}, 'Q': {0x3e, 0x41, 0x51, 0x21, 0x5e}, 'R': {0x7f, 0x09, 0x19, 0x29, 0x46},
	'S': {0x46, 0x49, 0x49, 0x49, 0x31}, 'T': {0x01, 0x01, 0x7f, 0x01, 0x01}, 'U': {0x3f, 0x40, 0x40, 0x40, 0x3f},
	'V': {0x1f, 0x20, 0x40, 0x20, 0x1f}, 'W': {0x3f, 0x40, 0x38, 0x40, 0x3f}, 'X': {0x63, 0x14, 0x08, 0x14, 0x63},
	'Y': {0x07, 0x08, 0x70, 0x08, 0x07}, 'Z': {0x61, 0x51, 0x49, 0x45, 0x43}, '0': {0x3e, 0x51, 0x49, 0x45, 0x3e},
	'1': {0x00, 0x42, 0x7f, 0x40, 0x00}, '2': {0x42, 0x61, 0x51, 0x49, 0x46}, '3': {0x21, 0x41, 0x45, 0x4b, 0x31},
	'4': {0x18, 0x14, 0x12, 0x7f, 0x10}, '5': {0x27, 0x45, 0x45, 0x45, 0x39}, '6': {0x3c, 0x4a, 0x49, 0x49, 0x30},
	'7': {0x01, 0x71, 0x09, 0x05, 0x03}, '8': {0x36, 0x49, 0x49, 0x49, 0x36}, '9': {0x06, 0x49, 0x49, 0x29, 0x1e},
	':': {0x00, 0x36, 0x36, 0x00, 0x00}, '-': {0x08, 0x08, 0x08, 0x08, 0x08}, '.': {0x00, 0x60, 0x60, 0x00, 0x00},
}
