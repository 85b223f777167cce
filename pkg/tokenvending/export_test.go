package tokenvending

// Kept returns how many sessions and how many failures are held.
func (m *MachineOf[ID]) Kept() (sessions, failures int) { return m.sessions.len(), m.failures.len() }
