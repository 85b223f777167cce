package highlight

import (
	"slices"
	"unicode"
)

// The rules below are those of java.text.BreakIterator for the root locale, which OpenSearch cuts fragments with (BreakIteratorRules
// in OpenJDK). They are older and simpler than UAX #29.

const paragraph = '\u2029'

// is tests one character.
type is func(rune) bool

func among(characters string) is {
	list := []rune(characters)
	return func(r rune) bool { return slices.Contains(list, r) }
}

func anyOf(tests ...is) is {
	return func(r rune) bool { return slices.ContainsFunc(tests, func(t is) bool { return t(r) }) }
}

func in(tables ...*unicode.RangeTable) is {
	return func(r rune) bool { return unicode.In(r, tables...) }
}

// span is where the characters end that pass the test, from i on.
func span(r []rune, i int, test is) int {
	for i < len(r) && test(r[i]) {
		i++
	}
	return i
}

var (
	ignored     = in(unicode.Mn, unicode.Me, unicode.Cf)
	blank       = anyOf(among("\t\r\f\n\u2028"), in(unicode.Zs))
	terminator  = among("!?\u3002\uff01\uff1f")
	period      = among(".\uff0e")
	danda       = among("\u0964\u0965")
	closing     = anyOf(among(`"'`), in(unicode.Pe, unicode.Pf))
	opening     = anyOf(among(`"'`), in(unicode.Ps, unicode.Pi))
	afterPeriod = anyOf(period, closing, ignored)
	afterEnd    = anyOf(terminator, period, closing, ignored)
	blanks      = anyOf(blank, ignored)
	notOther    = anyOf(in(unicode.L, unicode.N), blank, opening, closing, terminator, period, among(",\u2029"), ignored)
	lead        = func(r rune) bool { return opening(r) || ignored(r) || !notOther(r) }
)

// sentenceEnd is the length of the sentence that a text begins with.
func sentenceEnd(r []rune) int {
	for i := 0; i < len(r); {
		switch c := r[i]; {
		case c == paragraph:
			return i + 1
		case danda(c):
			return span(r, i+1, blanks)
		case terminator(c):
			i = span(r, span(r, i+1, afterEnd), blanks)
			if i < len(r) && r[i] == paragraph {
				i++
			}
			return i
		case period(c):
			i = span(r, i+1, afterPeriod)
			if end := span(r, i, blanks); beginsSentence(r, i, end) {
				return end
			}
		default:
			i++
		}
	}
	return len(r)
}

// beginsSentence says whether a sentence can begin at end, behind a period and blanks that begin at i: with a letter, which is not a
// small one if the blank is one, or with a letter behind signs.
func beginsSentence(r []rune, i, end int) bool {
	if end == len(r) {
		return false
	}
	if end > i && unicode.IsLetter(r[end]) {
		return end > i+1 || !unicode.Is(unicode.Ll, r[end])
	}
	letter := span(r, end, lead)
	return letter > end && letter < len(r) && unicode.IsLetter(r[letter])
}

var (
	mark     = in(unicode.Mn, unicode.Me, unicode.Cf)
	kanji    = func(r rune) bool { return r == 0x3005 || 0x4e00 <= r && r <= 0x9fa5 || 0xf900 <= r && r <= 0xfa2d }
	kana     = func(r rune) bool { return 0x3041 <= r && r <= 0x30fe }
	letter   = func(r rune) bool { return unicode.In(r, unicode.L, unicode.Mc) && !kanji(r) && !kana(r) || mark(r) }
	digit    = anyOf(in(unicode.N), mark)
	midWord  = anyOf(in(unicode.Pd, unicode.Pc), among("\u00ad\u2027\"'."))
	midDigit = among("\"',\u066b.")
	preDigit = func(r rune) bool { return (unicode.Is(unicode.Sc, r) || r == '#' || r == '.') && r != '\u00a2' }
	endDigit = among("%&\u00a2\u066a\u2030\u2031")
	gap      = anyOf(among("\t"), in(unicode.Zs, unicode.Mn, unicode.Me))
)

// wordEnd is the length of the word, the number, the blanks or the sign that a text begins with.
func wordEnd(r []rune) int {
	if end := wordsAndNumbers(r, 0); end > 0 {
		return end
	}
	if preDigit(r[0]) {
		if end := wordsAndNumbers(r, 1); end > 1 && digit(r[1]) {
			return end
		}
	}
	if end := span(r, 0, gap); end > 0 {
		return lineEnd(r, end)
	}
	for _, run := range []is{kana, kanji} {
		if end := span(r, 0, run); end > 0 {
			return end
		}
	}
	return span(r, 1, mark)
}

// lineEnd is where a line break ends that stands at i, or i.
func lineEnd(r []rune, i int) int {
	if i < len(r) && r[i] == '\r' {
		i++
	}
	if i < len(r) && among("\n\f\u2028\u2029")(r[i]) {
		i++
	}
	return i
}

// wordsAndNumbers is where words and numbers end that stand together, from i on.
func wordsAndNumbers(r []rune, i int) int {
	for {
		end := parts(r, i, letter, midWord)
		end = parts(r, end, digit, midDigit)
		if end == i {
			return i
		}
		if end < len(r) && endDigit(r[end]) && digit(r[end-1]) {
			return end + 1
		}
		i = end
	}
}

// parts is where runs end that single signs join.
func parts(r []rune, i int, run, joint is) int {
	end := span(r, i, run)
	for end > i && end+1 < len(r) && joint(r[end]) && run(r[end+1]) {
		end = span(r, end+1, run)
	}
	return end
}
