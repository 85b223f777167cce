# Shiptrack. `make help` lists the targets.

MODULES  := pkg shipment-service tracking-service infra infra/localaws
BINARIES := localaws devissuer provision demo prove tracking-service shipment-service
BIN      := $(CURDIR)/bin

# Static binaries.
export CGO_ENABLED ?= 0
GOBUILD := go build -ldflags='-s -w'

TENANT      ?= yellow
SUBJECT     ?= ana
ISSUER_PORT ?= 8082
BENCHTIME   ?= 1s
REQUESTS    ?= 100000
TARGET      ?= embedded
ACCOUNT     ?=

.DEFAULT_GOAL := help

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: demo
demo: build ## build, start everything on loopback, check isolation, print what to try; Ctrl-C stops it
	@$(BIN)/demo --bin $(BIN)

.PHONY: test
test: ## run every test that needs Go alone
	@echo 'testing the five modules (the first run compiles their dependencies)'
	@go test -count=1 work

.PHONY: build
build: $(BINARIES:%=build-%) ## build static binaries into bin/

# One line per binary; dependencies that have to be fetched or compiled first are named by go itself.
build-localaws: FOLDER = infra/localaws/cmd/localaws
build-devissuer: FOLDER = infra/dev/devissuer/cmd/devissuer
build-provision: FOLDER = infra/dev/provision/cmd/provision
build-demo: FOLDER = infra/dev/demo
build-prove: FOLDER = infra/prove/cmd/prove
build-localaws build-devissuer build-provision build-demo build-prove: build-%:
	@echo '  building $*'
	@$(GOBUILD) -o $(BIN)/$* ./$(FOLDER)

build-tracking-service build-shipment-service: build-%:
	@echo '  building $*'
	@$(GOBUILD) -o $(BIN)/$* ./$*/cmd/$*

.PHONY: token
token: ## print a token of the running demo, or of Compose's: make token TENANT=yellow [SUBJECT=ana]
	@if [ -x $(BIN)/devissuer ]; then $(BIN)/devissuer token --tenant '$(TENANT)' --subject '$(SUBJECT)' --issuer http://127.0.0.1:$(ISSUER_PORT); \
	else docker compose exec -T devissuer /devissuer token --tenant '$(TENANT)' --subject '$(SUBJECT)'; fi

.PHONY: up
up: ## the same in Docker Compose, localaws in front of LocalStack; ready when it returns
	@infra/compose/up

.PHONY: down
down: ## stop Docker Compose's containers and remove them, their networks and volumes; the images stay
	@docker compose --profile '*' down --volumes --remove-orphans

.PHONY: test-clients
test-clients: ## drive a demo, or with STACK=compose what make up started, with the AWS CLI and boto3
	@go test -count=1 -tags clients -run 'TestClients|TestApplication' ./infra/dev/e2e

.PHONY: prove
prove: build-prove build-tracking-service build-shipment-service ## attack isolation with the real policies, mutate them, and search; writes bin/prove.json and bin/prove.xml [REQUESTS=1000000] [TARGET=localstack|dynamodb-local, or TARGET=aws ACCOUNT=id]
	@$(BIN)/prove --requests $(REQUESTS) --target $(TARGET) $(if $(ACCOUNT),--account $(ACCOUNT)) --out $(BIN)

.PHONY: bench
bench: ## run the benchmarks, print a table and write bin/bench.json
	@mkdir -p $(BIN) && go run ./infra/dev/bench --benchtime $(BENCHTIME) -o $(BIN)/bench.json $(foreach m,$(MODULES),./$(m)/...)

.PHONY: lint
lint: tools ## run golangci-lint, and check that the import rules would notice a violation
	@$(BIN)/golangci-lint run $$(go list -m -f '{{.Dir}}/...')
	@.ci/lint-rules $(BIN)/golangci-lint

.PHONY: generate
generate: tools ## make the Go code of the OpenAPI documents anew
	@PATH="$(BIN):$$PATH" go generate $(foreach m,$(MODULES),./$(m)/...)

.PHONY: tools
tools: ## build the pinned developer tools into bin/ (two minutes the first time)
	@[ -x $(BIN)/golangci-lint ] || echo '  building golangci-lint and oapi-codegen (two minutes the first time)'
	@mkdir -p $(BIN) && GOWORK=off go -C infra/tools build -o $(BIN)/ tool

.PHONY: clean
clean: ## remove bin/
	@rm -rf $(BIN)
