package tokenvending_test

import (
	"context"
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
