//go:build !race

package alloctest

// Race says that the race detector is on.
const Race = false
