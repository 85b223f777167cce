package es

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"go.etcd.io/bbolt"
	"pgregory.net/rapid"
)

const shipmentMapping = `{"settings":{"number_of_shards":1,"number_of_replicas":0},"mappings":{"dynamic":"strict","properties":{
"shipmentId":{"type":"keyword"},"reference":{"type":"text"},"places":{"type":"text"},"carrier":{"type":"text"},
"status":{"type":"text","fields":{"keyword":{"type":"keyword"}}},"milestones":{"type":"text"},"updatedAt":{"type":"date"}}}}`

var ports = strings.Fields("Rotterdam Shanghai Hamburg Singapore Antwerp Busan Ningbo Oakland Santos Durban Mumbai Valencia")

// shipment is one of about 600 bytes and 70 words.
func shipment(r *rand.Rand, id int) string {
	port := func() string { return ports[r.IntN(len(ports))] }
	var milestones []string
	for range 6 {
		milestones = append(milestones, fmt.Sprintf("%q", []string{"Arrived at ", "Departed from ", "Discharged in ", "Vessel is delayed before "}[r.IntN(4)]+port()+", terminal "+fmt.Sprint(r.IntN(40))))
	}
	return fmt.Sprintf(`{"shipmentId":"%d","reference":"MAEU%d HLCU%d","places":["%s","%s, port of %s"],"carrier":"%s","status":"%s","milestones":[%s],"updatedAt":"2026-%02d-%02dT%02d:00:00Z"}`,
		id, r.IntN(1e9), r.IntN(1e9), port(), port(), port(), []string{"MAEU", "HLCU", "CMDU"}[r.IntN(3)], []string{"on time", "delayed", "arrived"}[r.IntN(3)],
		strings.Join(milestones, ","), 1+r.IntN(12), 1+r.IntN(28), r.IntN(24))
}

func open(b rapid.TB, path string) (*Store, *bbolt.DB) {
	b.Helper()
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{NoSync: true})
	if err != nil {
		b.Fatal(err)
	}
	return New(db), db
}

// fill makes indexes t0, t1, ... of shipments.
func fill(b testing.TB, s *Store, indexes, shipments int) {
	b.Helper()
	r := rand.New(rand.NewPCG(1, 2))
	for i := range indexes {
		name := fmt.Sprintf("t%d", i)
		if _, err := s.CreateIndex(name, []byte(shipmentMapping)); err != nil {
			b.Fatal(err)
		}
		for id := range shipments {
			if _, err := s.Put(name, fmt.Sprint(id), []byte(shipment(r, id))); err != nil {
				b.Fatal(err)
			}
		}
	}
}

func heap() float64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc) / (1 << 20)
}

// search is what Shiptrack asks for.
func search(words, filter string) []byte {
	return fmt.Appendf(nil, `{"size":20,"track_total_hits":true,"query":{"bool":{"must":[{"multi_match":{"query":%q,"fields":["reference","places","carrier","status","milestones"],"type":"cross_fields","operator":"and"}}]%s}},
"sort":[{"updatedAt":"desc"},{"shipmentId":"asc"}],"highlight":{"fields":{"places":{},"status":{},"milestones":{}}}}`, words, filter)
}

// BenchmarkSearch searches the indexes of 100 tenants, of 10,000 shipments each, in turn. It reports the median, and what an index takes in
// memory. The first index is filled, the others are copies of it on disk; each is built in memory before the clock runs.
func BenchmarkSearch(b *testing.B) {
	tenants := 100
	if testing.Short() {
		tenants = 2
	}
	path := filepath.Join(b.TempDir(), "es.db")
	s, db := open(b, path)
	fill(b, s, 1, 10_000)
	copies(b, db, tenants)
	_ = db.Close()
	before := heap()
	s, db = open(b, path)
	defer func() { _ = db.Close() }()
	for i := range tenants {
		if _, err := s.Search(fmt.Sprintf("t%d", i), nil); err != nil {
			b.Fatal(err)
		}
	}
	memory := (heap() - before) / float64(tenants)
	bodies := [][]byte{
		search("rotterdam delayed", ""),
		search("shanghai", `,"filter":[{"term":{"status.keyword":"delayed"}}]`),
		search("maeu hamburg arrived terminal 7", `,"filter":[{"range":{"updatedAt":{"gte":"2026-06"}}}]`),
	}
	b.Run(fmt.Sprintf("tenants=%d", tenants), func(b *testing.B) { // a benchmark of its own: -count repeats it, and not what is above
		var took []time.Duration
		for i := 0; b.Loop(); i++ {
			began := time.Now()
			if _, err := s.Search(fmt.Sprintf("t%d", i%tenants), bodies[i%len(bodies)]); err != nil {
				b.Fatal(err)
			}
			took = append(took, time.Since(began))
		}
		slices.Sort(took)
		b.ReportMetric(float64(took[len(took)/2].Microseconds()), "p50-us")
		b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "p99-us")
		b.ReportMetric(memory, "MiB/index")
	})
}

// copies makes indexes t1, t2, ... of t0, so that there are as many as given.
func copies(b testing.TB, db *bbolt.DB, indexes int) {
	b.Helper()
	for i := 1; i < indexes; i++ {
		err := db.Update(func(tx *bbolt.Tx) error {
			to, err := tx.Bucket(rootBucket).CreateBucket(fmt.Appendf(nil, "t%d", i))
			if err != nil {
				return err
			}
			return copyBucket(bucketOf(tx, "t0"), to)
		})
		if err != nil {
			b.Fatal(err)
		}
	}
}

func copyBucket(from, to *bbolt.Bucket) error {
	return from.ForEach(func(key, value []byte) error {
		if value != nil {
			return to.Put(key, value)
		}
		inner, err := to.CreateBucket(key)
		if err != nil {
			return err
		}
		return copyBucket(from.Bucket(key), inner)
	})
}

// BenchmarkOpen opens a store with 100 indexes of 100 shipments, and then searches each once.
func BenchmarkOpen(b *testing.B) {
	path := filepath.Join(b.TempDir(), "es.db")
	s, db := open(b, path)
	fill(b, s, 100, 100)
	_ = db.Close()
	var opened, searched time.Duration
	var memory float64
	for b.Loop() {
		before := heap()
		began := time.Now()
		s, db := open(b, path)
		opened = time.Since(began)
		began = time.Now()
		for i := range 100 {
			if _, err := s.Search(fmt.Sprintf("t%d", i), nil); err != nil {
				b.Fatal(err)
			}
		}
		searched = time.Since(began)
		memory = heap() - before
		runtime.KeepAlive(s)
		_ = db.Close()
	}
	b.ReportMetric(float64(opened.Microseconds()), "open-us")
	b.ReportMetric(float64(searched.Milliseconds())/100, "first-search-ms")
	b.ReportMetric(memory, "MiB")
}
