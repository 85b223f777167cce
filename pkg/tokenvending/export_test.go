package tokenvending

// Kept returns how many sessions and how many failures are held.
func (m *Machine) Kept() (sessions, failures int) { return m.sessions.len(), m.failures.len() }
