package attr

import (
	"math/big"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func number(t interface{ Fatalf(string, ...any) }, text string) Value {
	v, err := Number(text)
	if err != nil {
		t.Fatalf("Number(%q): %v", text, err)
	}
	return v
}

func TestNumbersPrintAsDynamoDBPrintsThem(t *testing.T) {
	for _, tc := range []struct{ in, want string }{
		{"0", "0"}, {"-0", "0"}, {"0.0", "0"}, {"0e500", "0"}, {"0e-500", "0"},
		{"1.0", "1"}, {"001", "1"}, {"+5", "5"}, {".5", "0.5"}, {"5.", "5"}, {"1.10", "1.1"}, {"-00.50", "-0.5"},
		{"1e3", "1000"}, {"1E+3", "1000"}, {"1e-3", "0.001"}, {"123.456e5", "12345600"}, {"123.456e1", "1234.56"},
		{"1.234567e-7", "0.0000001234567"}, {"1.2e50", "12" + strings.Repeat("0", 49)},
		{"1234567890123456789012345678901234567800", "1234567890123456789012345678901234567800"},
		{"10e124", "1" + strings.Repeat("0", 125)},
		{"9.9999999999999999999999999999999999999E+125", strings.Repeat("9", 38) + strings.Repeat("0", 88)},
		{"-1e-130", "-0." + strings.Repeat("0", 129) + "1"},
		{"1.5e-129", "0." + strings.Repeat("0", 128) + "15"},
	} {
		if got := number(t, tc.in).Text(); got != tc.want {
			t.Errorf("Number(%q) prints as %s, want %s", tc.in, got, tc.want)
		}
	}
}

func TestNumbersOutsideTheLimitsAreRefused(t *testing.T) {
	const (
		overflow  = "Number overflow. Attempting to store a number with magnitude larger than supported range"
		underflow = "Number underflow. Attempting to store a number with magnitude smaller than supported range"
		precision = "Attempting to store more than 38 significant digits in a Number"
		syntax    = "The parameter cannot be converted to a numeric value: "
	)
	for _, tc := range []struct{ refused, control, message string }{
		{"1e126", "1e125", overflow},
		{"-1e126", "-1e125", overflow},
		{"1e400", "1e40", overflow},
		{"1e-131", "1e-130", underflow},
		{"0.1e-130", "1.0e-130", underflow},
		{strings.Repeat("1", 39), strings.Repeat("1", 38), precision},
		{"1." + strings.Repeat("0", 37) + "1", "1." + strings.Repeat("0", 36) + "1", precision},
		{"abc", "0", syntax + "abc"},
		{" 1", "1", syntax + " 1"},
		{"1 ", "1", syntax + "1 "},
		{"1e", "1e0", syntax + "1e"},
		{"1e5.0", "1e5", syntax + "1e5.0"},
		{"1d", "1", syntax + "1d"},
		{"0x10", "010", syntax + "0x10"},
		{"1_0", "10", syntax + "1_0"},
		{"--1", "-1", syntax + "--1"},
		{".", ".0", syntax + "."},
		{"NaN", "1", syntax + "NaN"},
		{"Infinity", "1", syntax + "Infinity"},
		{"٣", "3", syntax + "٣"},
		{"1e99999999999", "1e99", syntax + "1e99999999999"},
	} {
		v, err := Number(tc.refused)
		if err == nil || err.Error() != tc.message {
			t.Errorf("Number(%q) = %v, %v, want %q", tc.refused, v.Text(), err, tc.message)
		}
		number(t, tc.control)
	}
}

// drawNumber returns legal numbers of every magnitude and length, often close to one another.
func drawNumber(t *rapid.T, label string) Value {
	digits := rapid.StringMatching(`[0-9]{1,4}|[0-9]{1,38}`).Draw(t, label)
	exp := rapid.OneOf(rapid.IntRange(-3, 3), rapid.IntRange(-130, 125)).Draw(t, label+" exponent")
	sign := rapid.SampledFrom([]string{"", "-"}).Draw(t, label+" sign")
	v, err := Number(sign + digits + "e" + Int(exp).Text())
	if err != nil {
		return number(t, sign+digits)
	}
	return v
}

func rational(t interface{ Fatalf(string, ...any) }, v Value) *big.Rat {
	r, ok := new(big.Rat).SetString(v.Text())
	if !ok {
		t.Fatalf("%q is no number", v.Text())
	}
	return r
}

func TestNumberTextRoundTrips(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := drawNumber(t, "v")
		if again := number(t, v.Text()); !again.Equal(v) {
			t.Fatalf("%s reads as %s", v.Text(), again.Text())
		}
	})
}

func TestNumbersCompareByValue(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v, w := drawNumber(t, "v"), drawNumber(t, "w")
		want := rational(t, v).Cmp(rational(t, w))
		got, ok := v.Compare(w)
		if !ok || got != want || v.Equal(w) != (want == 0) {
			t.Fatalf("%s, %s: Compare = %d, %v, Equal = %v, want %d", v.Text(), w.Text(), got, ok, v.Equal(w), want)
		}
	})
}

func TestSumsAndDifferencesAreExactOrRefused(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v, w := drawNumber(t, "v"), drawNumber(t, "w")
		for _, op := range []struct {
			name  string
			got   func(a, b Value) (Value, error)
			exact func(z, x, y *big.Rat) *big.Rat
		}{{"+", Add, (*big.Rat).Add}, {"-", Sub, (*big.Rat).Sub}} {
			exact := op.exact(new(big.Rat), rational(t, v), rational(t, w))
			got, err := op.got(v, w)
			if err != nil {
				if digits := strings.Trim(strings.Replace(exact.FloatString(200), ".", "", 1), "-0"); len(digits) <= 38 {
					t.Fatalf("%s %s %s has %d digits but: %v", v.Text(), op.name, w.Text(), len(digits), err)
				}
				continue
			}
			if rational(t, got).Cmp(exact) != 0 {
				t.Fatalf("%s %s %s = %s, want %s", v.Text(), op.name, w.Text(), got.Text(), exact.FloatString(140))
			}
		}
	})
}

func TestSumsOutsideTheLimitsAreRefused(t *testing.T) {
	for _, tc := range []struct{ a, b, message string }{
		{"9e125", "9e125", errOverflow.Message},
		{"1e125", "1e-130", "Attempting to store more than 38 significant digits in a Number"},
		{"-1.5e-129", "1.4e-129", ""},
		{"-1.5e-130", "1e-130", errUnderflow.Message},
	} {
		got, err := Add(number(t, tc.a), number(t, tc.b))
		if tc.message == "" && err == nil {
			continue
		}
		if err == nil || err.Error() != tc.message {
			t.Errorf("%s + %s = %s, %v, want %q", tc.a, tc.b, got.Text(), err, tc.message)
		}
	}
}
