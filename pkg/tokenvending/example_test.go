package tokenvending_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/sts"

	"example.com/shiptrack/pkg/tenant"
	"example.com/shiptrack/pkg/tokenvending"
)

func Example() {
	var client tokenvending.AssumeRoler = &fakeSTS{} // in a service: sts.NewFromConfig(cfg)
	machine, err := tokenvending.New(tokenvending.Config{
		STS:      client,
		RoleARN:  "arn:aws:iam::000000000000:role/TrackingAccessRole",
		Instance: "tracking-1",
		Capacity: 10_000,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	// One client for all tenants. The machine is set on the client itself: see "The trap".
	_ = sts.New(sts.Options{Region: "us-east-1", Credentials: machine})

	// The middleware that verified the token puts the tenant into the context of the request.
	id, err := tenant.Parse("yellow")
	if err != nil {
		fmt.Println(err)
		return
	}
	credentials, err := machine.Retrieve(tenant.NewContext(context.Background(), id))
	fmt.Println(credentials.AccessKeyID, machine.SessionARN(id), err)
	_, err = machine.Retrieve(context.Background())
	fmt.Println(err)
	// Output:
	// AKIA-yellow-1 arn:aws:sts::000000000000:assumed-role/TrackingAccessRole/yellow@tracking-1 <nil>
	// tenant: the context carries no tenant
}

// Another product: its tenants are numbers, each plan has a role, and a session policy narrows each session.
func ExampleMachineOf() {
	type customer int
	type key struct{}
	machine, err := tokenvending.New(tokenvending.ConfigOf[customer]{
		STS: &recorder{}, Instance: "orders-1", Capacity: 1000, // in a service: sts.NewFromConfig(cfg)
		TagKey: "Customer",
		FromContext: func(ctx context.Context) (customer, error) {
			id, ok := ctx.Value(key{}).(customer)
			if !ok {
				return 0, errors.New("no customer")
			}
			return id, nil
		},
		RoleOf: func(id customer) string {
			if id < 100 {
				return "arn:aws:iam::000000000000:role/OrdersGold"
			}
			return "arn:aws:iam::000000000000:role/Orders"
		},
		Terms: func(context.Context, customer) (tokenvending.Terms, error) {
			return tokenvending.Terms{PolicyARNs: []string{"arn:aws:iam::000000000000:policy/ReadOnly"}}, nil
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, id := range []customer{7, 4711} {
		credentials, err := machine.Retrieve(context.WithValue(context.Background(), key{}, id))
		fmt.Println(credentials.SessionToken, machine.SessionARN(id), err)
	}
	// Output:
	// token-7 arn:aws:sts::000000000000:assumed-role/OrdersGold/7@orders-1 <nil>
	// token-4711 arn:aws:sts::000000000000:assumed-role/Orders/4711@orders-1 <nil>
}
