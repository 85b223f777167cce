//go:build compose

package e2e

import (
	"net/http"
	"testing"
)

// TestNothingIsAnsweredToAForeignHost asks each published port by the name of a web page, and by names that are the server's.
func TestNothingIsAnsweredToAForeignHost(t *testing.T) {
	names := map[string]string{"tracking-task": "tracking-service"} // it holds the ports of that service
	published := 0
	for service, c := range containers(t) {
		name := service
		if other, ok := names[service]; ok {
			name = other
		}
		for port, bound := range c.NetworkSettings.Ports {
			for _, b := range bound {
				published++
				for host, foreign := range map[string]bool{"evil.example": true, "localhost": false, name: false, name + ".evil.example": true} {
					req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+b.HostIP+":"+b.HostPort+"/", nil)
					if err != nil {
						t.Fatal(err)
					}
					req.Host = host
					resp, err := http.DefaultClient.Do(req)
					if err != nil {
						t.Fatal(err)
					}
					resp.Body.Close()
					if refused := resp.StatusCode == http.StatusMisdirectedRequest; refused != foreign {
						t.Errorf("%s, port %s, Host %s: got %d, want it refused with 421: %t", service, port, host, resp.StatusCode, foreign)
					}
				}
			}
		}
	}
	if published != 6 {
		t.Errorf("%d ports are published, want 6: shipment-service's two, tracking-service's two, devissuer's, localaws'", published)
	}
}
