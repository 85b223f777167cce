package rows

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"example.com/shiptrack/infra/dev/bench/load"
	"example.com/shiptrack/infra/dev/provision"
	"example.com/shiptrack/infra/dev/thirdparty"
)

// What localaws is compared with. The images are those that the gateway is tested with.
const (
	dynamoDBLocalImage = "amazon/dynamodb-local:3.1.0"
	localStackImage    = "localstack/localstack:4.14.0"
	dynaliteVersion    = "4.0.0"
)

// stores are the rows of one GetItem, of localaws and of other endpoints that answer it.
func stores() Group {
	// One DynamoDB Local is asked directly and through the gateway.
	dynamoDBLocal := container(dynamoDBLocalImage, "8000", "/")
	return ratiosOf(map[string]contender{
		"localaws": itemsOf, "DynamoDB Local": compiled(direct(dynamoDBLocal)), "dynalite": direct(dynalite),
		"LocalStack":              direct(container(localStackImage, "4566", "/_localstack/health", "SERVICES=dynamodb", "EAGER_SERVICE_LOADING=1")),
		"gateway, DynamoDB Local": gateway(dynamoDBLocal),
	},
		ratio{atLeast("over_dynamodb_local", 3), "localaws", "DynamoDB Local"},
		ratio{atLeast("over_dynalite", 2), "localaws", "dynalite"},
		ratio{atLeast("over_localstack", 20), "localaws", "LocalStack"},
		ratio{atLeast("gateway_tax", 0.8), "gateway, DynamoDB Local", "DynamoDB Local"})
}

// compiling is how long DynamoDB Local answered more from one turn to the next: 2,100 requests a second at first, and 5,500 at last.
const compiling = 12 * time.Second

// compiled asks for that long before the first round: Java compiles a program while it runs.
func compiled(c contender) contender {
	return func(ctx context.Context, s *stage) (*load.Load, string, error) {
		asked, missing, err := c(ctx, s)
		if err == nil && missing == "" {
			_, err = asked.Run(ctx, compiling)
		}
		return asked, missing, err
	}
}

// store starts an endpoint that answers DynamoDB, once for each stage, and returns its URL.
type store func(ctx context.Context, s *stage) (url, missing string, err error)

// direct asks a store with root's key. It has the rows that localaws has.
func direct(from store) contender {
	return func(ctx context.Context, s *stage) (*load.Load, string, error) {
		url, missing, err := from(ctx, s)
		if err != nil || missing != "" {
			return nil, missing, err
		}
		if err := s.fill(ctx, url); err != nil {
			return nil, "", err
		}
		key, err := root(url).Credentials.Retrieve(ctx)
		if err != nil {
			return nil, "", err
		}
		var requests []load.Request
		for i := range tenants {
			r, err := getItem(ctx, url, tenantNamed(i), key)
			if err != nil {
				return nil, "", err
			}
			requests = append(requests, r)
		}
		asked, err := load.New(strings.TrimPrefix(url, "http://"), requests)
		return asked, "", err
	}
}

// fill makes the table at url, with the rows of the demo's tenants.
func (s *stage) fill(ctx context.Context, url string) error {
	d, err := s.demoWith(ctx, s.place.Bin)
	if err != nil {
		return err
	}
	if err := provision.Table(ctx, root(url), provision.TableName); err != nil {
		return err
	}
	return d.copyRowsTo(ctx, url)
}

// container is a store in a container of an image, whose program listens on port.
func container(image, port, ready string, environment ...string) store {
	return func(ctx context.Context, s *stage) (string, string, error) {
		return s.once(image, func() (*thirdparty.Running, string, error) {
			if missing := thirdparty.Image(ctx, image); missing != "" {
				return nil, missing, nil
			}
			running, err := thirdparty.Container(ctx, image, port, environment...)
			return running, "", err
		}, func(r *thirdparty.Running) error { return r.Await(ctx, ready) })
	}
}

// dynalite is a store in memory, of npm.
func dynalite(ctx context.Context, s *stage) (string, string, error) {
	for _, program := range []string{"node", "npm"} {
		if _, err := exec.LookPath(program); err != nil {
			return "", "there is no " + program, nil
		}
	}
	return s.once("dynalite", func() (*thirdparty.Running, string, error) {
		place, err := thirdparty.New("", s.place.Work)
		if err != nil {
			return nil, "", err
		}
		folder, err := place.Package(ctx, "dynalite", dynaliteVersion)
		if err != nil {
			return nil, "it cannot be installed from npm", nil
		}
		port, _, err := place.PortAndFolder()
		if err != nil {
			return nil, "", err
		}
		running, err := place.Run(port, "node", nil, filepath.Join(folder, "cli.js"), "--host", "127.0.0.1", "--port", port)
		return running, "", err
	}, func(r *thirdparty.Running) error { return r.Await(ctx, "/") })
}

// once starts a program where this stage has not yet, and returns its URL when it is ready.
func (s *stage) once(name string, start func() (*thirdparty.Running, string, error), ready func(*thirdparty.Running) error) (string, string, error) {
	if url := s.urls[name]; url != "" {
		return url, "", nil
	}
	running, missing, err := start()
	if err != nil || missing != "" {
		return "", missing, err
	}
	s.ends = append(s.ends, running.Stop)
	if err := ready(running); err != nil {
		return "", "", err
	}
	if s.urls == nil {
		s.urls = map[string]string{}
	}
	s.urls[name] = running.URL
	return running.URL, "", nil
}

// gateway is a localaws in front of a store. Sessions of tenants ask it, as they ask the product's.
func gateway(behind store) contender {
	return func(ctx context.Context, s *stage) (*load.Load, string, error) {
		upstream, missing, err := behind(ctx, s)
		if err != nil || missing != "" {
			return nil, missing, err
		}
		if err := s.fill(ctx, upstream); err != nil {
			return nil, "", err
		}
		ports, err := freePorts(1)
		if err != nil {
			return nil, "", err
		}
		policies, err := filepath.Abs("infra/iam/hardened")
		if err != nil {
			return nil, "", err
		}
		addr := "127.0.0.1:" + ports[0]
		if err := s.fleet(s.place.Bin).Start("gateway", "localaws", []string{"PATH=" + os.Getenv("PATH")}, "serve", "--listen", addr,
			"--upstream", "dynamodb="+upstream, "--policies", policies, "--bucket", "none", "--data", filepath.Join(s.place.Work, "gateway"), "--log", filepath.Join(s.place.Work, "gateway-decisions.log")); err != nil {
			return nil, "", err
		}
		if err := await(ctx, "http://"+addr+"/_localaws/ready"); err != nil {
			return nil, "", err
		}
		requests, err := signed(ctx, "http://"+addr)
		if err != nil {
			return nil, "", err
		}
		asked, err := load.New(addr, requests)
		return asked, "", err
	}
}
