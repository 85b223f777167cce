// Command floor is what a service like ours cannot do without, and nothing else: two echo hops, and one GetItem that the AWS
// SDK signs with a static key. It checks nobody; make bench alone starts it, on loopback.
//
//	floor store ADDR ENDPOINT    answers from the table behind an AWS endpoint
//	floor front ADDR URL         passes requests to the store
package main

import (
	"fmt"
	"io"
	"net/http"
	"os"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/labstack/echo/v4"

	"example.com/shiptrack/infra/dev/provision"
)

func main() {
	if len(os.Args) != 4 {
		fmt.Fprintln(os.Stderr, "usage: floor store|front ADDR URL")
		os.Exit(2)
	}
	e := echo.New()
	e.HideBanner = true
	handler := front(os.Args[3])
	if os.Args[1] == "store" {
		handler = store(os.Args[3])
	}
	e.GET("/shipments/:id/eta", handler)
	fmt.Fprintln(os.Stderr, e.Start(os.Args[2]))
	os.Exit(1)
}

// keepsConnections has as many as the product's clients.
func keepsConnections() *http.Client {
	return &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 256}}
}

func front(next string) echo.HandlerFunc {
	client := keepsConnections()
	return func(c echo.Context) error {
		request, err := http.NewRequestWithContext(c.Request().Context(), http.MethodGet, next+c.Request().URL.Path, nil)
		if err != nil {
			return err
		}
		request.Header.Set("Authorization", c.Request().Header.Get("Authorization"))
		answer, err := client.Do(request)
		if err != nil {
			return err
		}
		defer answer.Body.Close()
		body, err := io.ReadAll(answer.Body)
		if err != nil {
			return err
		}
		return c.JSONBlob(answer.StatusCode, body)
	}
}

func store(endpoint string) echo.HandlerFunc {
	client := dynamodb.New(dynamodb.Options{
		Region: "us-east-1", BaseEndpoint: &endpoint, HTTPClient: keepsConnections(),
		Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
	})
	return func(c echo.Context) error {
		out, err := client.GetItem(c.Request().Context(), &dynamodb.GetItemInput{
			TableName: aws.String(provision.TableName), Key: map[string]types.AttributeValue{
				"TenantID": &types.AttributeValueMemberS{Value: "yellow"}, "ShipmentID": &types.AttributeValueMemberS{Value: c.Param("id")},
			},
		})
		if err != nil {
			return err
		}
		carrier, _ := out.Item["Carrier"].(*types.AttributeValueMemberS)
		if carrier == nil {
			return echo.ErrNotFound
		}
		return c.JSON(http.StatusOK, map[string]string{"shipmentId": c.Param("id"), "carrier": carrier.Value})
	}
}
