# Shiptrack. `make help` lists the targets.

# No path of this file is absolute, so the checkout's own path may hold spaces, quotes, & and $. That is safe in the
# checkout alone: `make -f` from another folder would build there, and clean there.
this := $(subst //<,,$(subst //< ,,//<$(MAKEFILE_LIST)))
ifneq ($(shell [ '$(subst ','\'',$(this))' -ef Makefile ] && echo here),here)
$(error this Makefile works in its own folder alone: use make -C FOLDER)
endif

MODULES  := $(shell sed -n 's|^[[:space:]]*\./||p' go.work)
PACKAGES := $(MODULES:%=./%/...)
BINARIES := localaws devissuer provision tenants demo prove usage tracking-service shipment-service
TOOLS    := golangci-lint oapi-codegen actionlint

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
ROWS        ?=
SHORT       ?=
PKG         ?= $(PACKAGES)

# What a user gives is text: make does not expand it, and recipes take it from the environment, where the shell does not either.
GIVEN := TENANT SUBJECT ISSUER_PORT BENCHTIME REQUESTS TARGET ACCOUNT ROWS SHORT
$(foreach v,$(GIVEN),$(eval override $v := $$(value $v)))
override PKG := $(if $(filter file,$(origin PKG)),$(PACKAGES),$(value PKG))
export $(GIVEN) PKG

.DEFAULT_GOAL := help

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' Makefile

.PHONY: demo
demo: build ## build, start everything on loopback, check isolation, print what to try; Ctrl-C stops it
	@bin/demo --bin bin

.PHONY: check
check: tools ## build, vet, lint and run the fast tests that need no binaries, in a minute once caches are warm [PKG=./pkg/authn/...]
	@go build $$PKG && go vet $$PKG && bin/golangci-lint run $$PKG
	@go test -short $$(go list $$PKG | grep -v /infra/dev/e2e)

.PHONY: test
test: ## run every test that needs Go alone, and say how far it is; some minutes
	@go run ./infra/dev/progress -count=1 work

.PHONY: test-clients
test-clients: ## drive a demo with the AWS CLI, boto3 and opensearch-py, which have to be installed; with STACK=compose, what make up started (LONG=yes: what localaws answers by itself too)
	@go test -count=1 -tags clients -run "TestClients$${STACK:+|TestApplication}" ./infra/dev/e2e

.PHONY: test-terraform
test-terraform: ## have Terraform, which has to be installed, keep the resources of infra/localaws/testdata/terraform on a localaws [LONG=yes edits each field, and imports]
	@TF_CLI_CONFIG_FILE=$$(.ci/terraform) && export TF_CLI_CONFIG_FILE && go test -count=1 -timeout 30m -tags clients -run TestTerraform ./infra/localaws

.PHONY: test-modules
test-modules: ## format, lint, validate and test the modules of infra/terraform, and apply them to a localaws; Terraform has to be installed (some minutes)
	@mkdir -p bin && GOWORK=off go -C infra/tools/tflint build -o ../../../bin/ tool
	@TF_CLI_CONFIG_FILE=$$(.ci/terraform) && export TF_CLI_CONFIG_FILE && go test -count=1 -timeout 1h -tags clients ./infra/terraform

.PHONY: test-browser
test-browser: ## drive a browser to a web page that attacks a demo; Chromium has to be installed
	@go test -count=1 -tags browser -run TestAWebPage ./infra/dev/e2e

.PHONY: test-keycloak
test-keycloak: ## try the services with tokens of a real Keycloak, fetched once; Java 17 has to be installed
	@KEYCLOAK=$$(.ci/keycloak) && export KEYCLOAK && go test -count=1 -tags keycloak -run TestKeycloak ./infra/dev/e2e

.PHONY: test-suites
test-suites: ## run MinIO's functional tests for S3 against localaws, fetched once; with S3_TESTS=checkout, ceph/s3-tests too (six minutes)
	@MINIO_PY=$$(.ci/minio-py) && export MINIO_PY && go test -count=1 -timeout 1h -v -tags suites -run TestSuiteOf ./infra/dev/e2e

.PHONY: test-mappers
test-mappers: ## have a session of guregu/dynamo, the enhanced client of Java, PynamoDB and ElectroDB with localaws, fetched once; a JDK, Maven and Node.js have to be installed
	@MAPPERS=$$(.ci/mappers) && export MAPPERS && go test -count=1 -v -tags mappers -run TestMapper ./infra/dev/e2e

.PHONY: build
build: $(BINARIES:%=build-%) ## build static binaries into bin/

# One line per binary; dependencies that have to be fetched or compiled first are named by go itself.
build-localaws: FOLDER = infra/localaws/cmd/localaws
build-devissuer: FOLDER = infra/dev/devissuer/cmd/devissuer
build-provision: FOLDER = infra/dev/provision/cmd/provision
build-tenants: FOLDER = infra/tenants/cmd/tenants
build-demo: FOLDER = infra/dev/demo
build-prove: FOLDER = infra/prove/cmd/prove
build-usage: FOLDER = infra/dev/usage
build-tracking-service: FOLDER = tracking-service/cmd/tracking-service
build-shipment-service: FOLDER = shipment-service/cmd/shipment-service

.PHONY: $(BINARIES:%=build-%)
$(BINARIES:%=build-%): build-%:
	@echo '  building $*'
	@$(GOBUILD) -o bin/$* ./$(FOLDER)

.PHONY: token
token: ## print a token of the running demo, or of Compose's: make token TENANT=yellow [SUBJECT=ana]
	@if [ -x bin/devissuer ]; then bin/devissuer token --tenant="$$TENANT" --subject="$$SUBJECT" --issuer="http://127.0.0.1:$$ISSUER_PORT"; \
	else docker compose exec -T devissuer /devissuer token --tenant="$$TENANT" --subject="$$SUBJECT"; fi

.PHONY: up
up: ## start the demo in Docker Compose, with localaws in front of LocalStack; ready when it returns
	@infra/compose/up

.PHONY: down
down: ## stop Docker Compose's containers and remove them, their networks and volumes; the images stay
	@docker compose --profile '*' down --volumes --remove-orphans

.PHONY: prove
prove: build-prove build-tracking-service build-shipment-service ## attack isolation with the real policies, mutate them, and search; writes bin/prove.json and bin/prove.xml [REQUESTS=1000000] [TARGET=localstack|dynamodb-local|opensearch, or TARGET=aws ACCOUNT=id]
	@bin/prove --requests="$$REQUESTS" --target="$$TARGET" $${ACCOUNT:+--account="$$ACCOUNT"} --out=bin

.PHONY: emulators
emulators: build-localaws ## put the policies to other local emulators of AWS, and write infra/docs/EMULATORS.md; Python, Cargo and Docker have to be there (an hour the first time)
	@go run ./infra/dev/emulators

.PHONY: methods
methods: ## compare RBAC, generated session policies and ABAC; print a table, and write infra/docs/METHODS.md and its plot
	@go run ./infra/methods/cmd/methods

.PHONY: bench
bench: build ## measure what isolation costs, side by side in one run; print a table and write bin/bench.json [ROWS=isolation_tax,over_floor]
	@go build -o bin/bench ./infra/dev/bench && bin/bench $${ROWS:+--only="$$ROWS"}

.PHONY: bench-micro
bench-micro: ## run the Go benchmarks; what is printed is what benchstat reads [BENCHTIME=100x, or SHORT=yes with fewer data]
	@go run ./infra/dev/bench micro --benchtime="$$BENCHTIME" $${SHORT:+--short} $(PACKAGES)

.PHONY: lint
lint: tools ## run golangci-lint and actionlint, and check that each import rule would notice a violation
	@bin/golangci-lint run $(PACKAGES)
	@.ci/lint-rules bin/golangci-lint
	@bin/actionlint .github/workflows/*.yml

.PHONY: generate
generate: tools ## generate the Go code of the OpenAPI documents again
	@go generate $(PACKAGES)

.PHONY: tools
tools: ## build the pinned developer tools into bin/ (two minutes the first time)
	@[ -x bin/golangci-lint ] || echo '  building $(TOOLS) (two minutes the first time)'
	@mkdir -p bin && GOWORK=off go -C infra/tools build -o ../../bin/ tool
	@GOWORK=off go -C infra/tools/actionlint build -o ../../../bin/ tool

.PHONY: clean
clean: ## remove bin/
	@rm -rf bin
