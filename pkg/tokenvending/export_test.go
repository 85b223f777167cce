package tokenvending

// Kept returns how many sessions and how many failures are held, once the caches have evicted what is too many.
func (m *Machine) Kept() (sessions, failures int) {
	m.sessions.CleanUp()
	m.failures.CleanUp()
	return m.sessions.EstimatedSize(), m.failures.EstimatedSize()
}
