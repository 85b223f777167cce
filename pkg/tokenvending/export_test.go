package tokenvending

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sts"
)

// Kept returns how many sessions and how many failures are held.
func (m *MachineOf[ID]) Kept() (sessions, failures int) { return m.sessions.len(), m.failures.len() }

// Keep puts the session of an answer of STS into the cache, as a call does: a million calls would take their time.
func (m *MachineOf[ID]) Keep(id ID, out *sts.AssumeRoleOutput) error {
	s, err := newSession(out, m.SessionARN(id), time.Now(), m.config.Duration)
	if err == nil {
		m.sessions.set(id, func(k *kept) { k.take(s) })
	}
	return err
}
