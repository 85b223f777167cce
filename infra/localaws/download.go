package localaws

import (
	"errors"
	"io"
	"net/http"
	"sync"
	"time"
)

const (
	// pieceSize is how much of an object is read and sent at once, in bytes.
	pieceSize = 64 << 10
	// downloadShare is what an object takes of sendingBudget while it is sent: a piece, and a frame of it that is opened.
	downloadShare = 3 * pieceSize
	// pieceTime is how long a client may take to read a piece.
	pieceTime = 10 * time.Second
)

var objectPieces = sync.Pool{New: func() any { return new([pieceSize]byte) }}

// download sends an object, piece by piece. A client that does not read is broken off, and so is the one that has waited longest for its client where
// many hold their pieces.
func (s *Server) download(w http.ResponseWriter, x *exchange, from io.ReadCloser) {
	defer from.Close()
	piece := objectPieces.Get().(*[pieceSize]byte)
	defer objectPieces.Put(piece)
	held := s.outflow.hold(downloadShare, func() { _ = x.connection.SetWriteDeadline(time.Now()) })
	defer s.outflow.done(held)
	for {
		n, err := from.Read(piece[:])
		if n > 0 {
			if !s.outflow.progress(held, func() { _ = x.connection.SetWriteDeadline(time.Now().Add(pieceTime)) }) {
				panic(http.ErrAbortHandler)
			}
			if _, err := w.Write(piece[:n]); err != nil {
				panic(http.ErrAbortHandler) // half an object is none
			}
		}
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			s.broken(x, err)
		}
	}
}
