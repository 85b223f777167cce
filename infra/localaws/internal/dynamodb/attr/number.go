package attr

import (
	"strconv"
	"strings"

	"github.com/cockroachdb/apd/v3"
)

// Limits of numbers: developer guide, "Constraints", "Data types: Number".
const (
	maxDigits   = 38
	maxExponent = 125
	minExponent = -130
)

// Number returns the value of type N that text names: at most 38 significant digits, zero or a magnitude
// of 1E-130 to 9.9999999999999999999999999999999999999E+125.
func Number(text string) (Value, error) {
	lit, ok := scanNumber(text)
	if !ok {
		if text == "" {
			return Value{}, Invalidf("The parameter cannot be converted to a numeric value")
		}
		return Value{}, Invalidf("The parameter cannot be converted to a numeric value: %s", text)
	}
	digits := strings.TrimLeft(lit.whole+lit.fraction, "0")
	leading := len(lit.whole) + len(lit.fraction) - len(digits)
	digits = strings.TrimRight(digits, "0")
	if digits == "" {
		return Value{kind: N}, nil
	}
	exp := len(lit.whole) - 1 - leading + lit.exponent
	switch {
	case exp > maxExponent:
		return Value{}, errOverflow
	case exp < minExponent:
		return Value{}, errUnderflow
	case len(digits) > maxDigits:
		return Value{}, Invalidf("Attempting to store more than 38 significant digits in a Number")
	}
	return Value{kind: N, flag: lit.negative, exp: int16(exp), text: digits}, nil
}

var (
	errOverflow  = Invalidf("Number overflow. Attempting to store a number with magnitude larger than supported range")
	errUnderflow = Invalidf("Number underflow. Attempting to store a number with magnitude smaller than supported range")
)

// Int returns n as a value of type N.
func Int(n int) Value {
	v, err := Number(strconv.Itoa(n))
	if err != nil {
		panic(err) // an int has at most 19 digits
	}
	return v
}

type literal struct {
	negative        bool
	whole, fraction string // ASCII digits; not both empty
	exponent        int
}

// scanNumber reads [sign] digits [. digits] [e [sign] digits], with digits on at least one side of the point.
func scanNumber(text string) (literal, bool) {
	var lit literal
	rest, negative := sign(text)
	lit.negative = negative
	lit.whole, rest = leadingDigits(rest)
	if strings.HasPrefix(rest, ".") {
		lit.fraction, rest = leadingDigits(rest[1:])
	}
	if lit.whole == "" && lit.fraction == "" {
		return lit, false
	}
	if rest == "" {
		return lit, true
	}
	if rest[0] != 'e' && rest[0] != 'E' {
		return lit, false
	}
	rest, negative = sign(rest[1:])
	digits, rest := leadingDigits(rest)
	if rest != "" {
		return lit, false
	}
	// Ten digits cannot be undone by digits before or after the point: a request is far shorter.
	exponent, err := strconv.ParseInt(digits, 10, 32)
	if err != nil {
		return lit, false
	}
	lit.exponent = int(exponent)
	if negative {
		lit.exponent = -lit.exponent
	}
	return lit, true
}

func sign(s string) (rest string, negative bool) {
	if s != "" && (s[0] == '+' || s[0] == '-') {
		return s[1:], s[0] == '-'
	}
	return s, false
}

func leadingDigits(s string) (digits, rest string) {
	i := 0
	for i < len(s) && '0' <= s[i] && s[i] <= '9' {
		i++
	}
	return s[:i], s[i:]
}

// appendNumber appends an N as DynamoDB prints it: plain notation whatever the exponent, no outer zeros.
func (v Value) appendNumber(dst []byte) []byte {
	if v.text == "" {
		return append(dst, '0')
	}
	if v.flag {
		dst = append(dst, '-')
	}
	exp, digits := int(v.exp), v.text
	switch {
	case exp < 0:
		dst = append(dst, "0."...)
		dst = appendZeros(dst, -exp-1)
		return append(dst, digits...)
	case exp >= len(digits)-1:
		dst = append(dst, digits...)
		return appendZeros(dst, exp-len(digits)+1)
	}
	dst = append(dst, digits[:exp+1]...)
	dst = append(dst, '.')
	return append(dst, digits[exp+1:]...)
}

func appendZeros(dst []byte, n int) []byte {
	for range n {
		dst = append(dst, '0')
	}
	return dst
}

// Add returns a+b for values of type N.
func Add(a, b Value) (Value, error) { return arithmetic(a, b, apd.BaseContext.Add) }

// Sub returns a-b for values of type N.
func Sub(a, b Value) (Value, error) { return arithmetic(a, b, apd.BaseContext.Sub) }

func arithmetic(a, b Value, op func(d, x, y *apd.Decimal) (apd.Condition, error)) (Value, error) {
	x, y, result := a.decimal(), b.decimal(), new(apd.Decimal)
	if _, err := op(result, x, y); err != nil {
		return Value{}, Invalidf("%v", err)
	}
	return Number(result.Text('E'))
}

func (v Value) decimal() *apd.Decimal {
	if v.text == "" {
		return new(apd.Decimal)
	}
	coefficient, _ := new(apd.BigInt).SetString(v.text, 10)
	d := apd.NewWithBigInt(coefficient, int32(int(v.exp)-len(v.text)+1))
	d.Negative = v.flag
	return d
}
