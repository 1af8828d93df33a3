# Every command does its own set-up. `make help` lists them.
PYTHON ?= $(or $(shell for python in python3 python3.13 python3.12 python3.11 python3.14; do \
	$$python -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 15))' 2>/dev/null && echo $$python && break; done),python3)
INSIDE = $(PYTHON) -m tests.tools.inside
$(foreach name,CLUSTER ONLY ARGS N SEED,$(if $($(name)),$(eval export $(name))))

.DEFAULT_GOAL := help
.PHONY: help demo test bench lock clean
.SILENT:

help:  ## this list
	sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | while IFS='	' read -r name text; do printf '  make %-6s %s\n' "$$name" "$$text"; done
	echo
	echo '  make test ONLY=unit ARGS="-k nics"    one step (or several, "unit layers"); ARGS go to pytest or to the tool of the step'
	echo '  make demo HOLD=1                      stay up at the end, with a kubeconfig to look around with'
	echo '  make demo CLUSTER=real                on a kube-apiserver of its own (needs Go, or KUBEBUILDER_ASSETS); mine: on your own cluster'

demo:  ## thirty servers become hosts under a cap, by the real ansible-rulebook
	$(INSIDE) demo -m tests.demo --cluster $(or $(CLUSTER),memory) $(if $(HOLD),--hold)

test:  ## every gate and test, as CI runs them
	$(INSIDE) test -m tests.tools.gates

bench:  ## how fast it is, each figure beside its budget
	$(INSIDE) test -m tests.bench $(ARGS)

lock:  ## write the lock files anew from requirements/*.in
	$(INSIDE) test -m tests.tools.lock

clean:  ## remove what the commands made: .venv and .cache
	rm -rf .venv .cache
