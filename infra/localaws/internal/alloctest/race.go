//go:build race

package alloctest

// Race says that the race detector is on. It allocates beside the program, and empties pools at random, so that no bound
// on memory or time holds.
const Race = true
