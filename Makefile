# Set-up needs Python 3.11 or newer, pip and make; no root, no conda. Everything lands in .uv and .venv.

PYTHON ?= python3
CORES ?= all
# the config of a study of your own; without it the default study
STUDY ?=
CONFIG := $(or $(STUDY),config/config.yaml)
BIN := .venv/bin
# where the study's results lie, known once .venv is there
RESULTS = results/$(shell $(BIN)/python -c 'import sys, yaml; \
	print(yaml.safe_load(open(sys.argv[1]))["study"])' $(CONFIG))

.PHONY: run study test figures-baseline test-clusters lint docs site container lock clean

run: .venv/run.done
	@echo "winnow: running the study of $(CONFIG) on $(CORES) cores"
	$(BIN)/snakemake --cores $(CORES) --rerun-incomplete --no-hooks --configfile $(CONFIG)
	$(BIN)/snakemake --report $(RESULTS)/report/snakemake-report.html --configfile $(CONFIG)
	@echo
	@cat $(RESULTS)/report/headline.txt
	@echo "report: $(RESULTS)/report/report.html"
	@echo "Snakemake's report, with code and run times: $(RESULTS)/report/snakemake-report.html"

# a config to begin with, from a look at files: make study FILES="a.root b.root" STUDY=my-study.yaml
study: .venv/run.done
	@PYTHONPATH=workflow/scripts $(BIN)/python -m winnow.events.starter \
		workflow/schemas/config.schema.yaml $(or $(STUDY),my-study.yaml) $(FILES)

# tests/conftest.py says which tests share a process, and puts the long ones first; what is covered
# is that of the tests' own processes, those of Snakemake's jobs are not looked into
test: .venv/test.done
	$(BIN)/python -m pytest -n auto --dist loadscope --cov=winnow --cov-report=term:skip-covered

# the images that tests/unit/figures compares with; look at them before they are committed
figures-baseline: .venv/test.done
	rm -rf tests/unit/figures/baseline
	$(BIN)/python -m pytest -q tests/unit/figures/test_images.py -k looks \
		--mpl-generate-path tests/unit/figures/baseline

# brings up real daemons on loopback; wants root and Debian's packages, see docs/clusters.md
test-clusters: .venv/test.done
	$(BIN)/python -m pytest tests/cluster

lint: .venv/test.done
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	PYTHONPATH=workflow/scripts $(BIN)/lint-imports --no-cache
	$(BIN)/snakefmt --check Snakefile workflow/rules
	$(BIN)/snakemake --lint

docs: .venv/run.done
	PYTHONPATH=workflow/scripts $(BIN)/python -m winnow.study.key_table \
		workflow/schemas/config.schema.yaml config/README.md workflow/schemas/config.schema.json

# the pages as a site, begun anew: what is left of an earlier one may be a page that is gone
site: .venv/site.done
	$(BIN)/python -m sphinx --fresh-env --write-all --fail-on-warning --keep-going --quiet \
		--conf-dir docs . site --doctree-dir site/.doctrees
	@echo "winnow: the site begins at site/index.html"

# recipes of an image with the rules' environments, those of a search among them; where there is no
# conda, container/conda answers
SEARCHING = --config 'optimise={keys: {model.dropout: {low: 0, high: 0.5}}}'
CONTAINERIZE = PATH="$$PATH:$(CURDIR)/container" $(BIN)/python -m snakemake $(SEARCHING) --containerize
container: .venv/run.done
	$(CONTAINERIZE) dockerfile > container/Dockerfile
	$(CONTAINERIZE) apptainer > container/winnow.def

lock: .uv/bin/uv
	$(LOCK) --extra cpu -o requirements.txt
	$(LOCK) --extra cpu --extra test --extra cluster --group site -o requirements-test.txt
	$(LOCK) --extra cpu --extra cluster -o requirements-cluster.txt
	$(LOCK) --extra cuda -o requirements-cuda.txt
	$(COMPILE) --group site --constraint requirements-test.txt -o requirements-site.txt

COMPILE = .uv/bin/uv pip compile --quiet --upgrade --universal --python-version 3.11 \
	--generate-hashes --no-header --no-annotate --no-emit-index-url
LOCK = $(COMPILE) pyproject.toml

.uv/bin/uv: requirements-uv.txt
	@echo "winnow: installing uv into .uv with pip"
	$(PYTHON) -m pip install --quiet --disable-pip-version-check --require-hashes --upgrade \
		--target .uv -r requirements-uv.txt
	@touch $@

.venv/bin/python: .uv/bin/uv
	@echo "winnow: making the virtual environment .venv"
	.uv/bin/uv venv --quiet --allow-existing --python '>=3.11,<3.14' .venv
	@touch $@

.venv/run.done: requirements.txt .venv/bin/python
	@echo "winnow: installing the run's packages into .venv"
	.uv/bin/uv pip install --quiet --compile-bytecode --python $(BIN)/python --require-hashes -r requirements.txt
	@touch $@

.venv/test.done: requirements-test.txt .venv/run.done
	@echo "winnow: installing the tests' packages into .venv"
	.uv/bin/uv pip install --quiet --compile-bytecode --python $(BIN)/python --require-hashes -r requirements-test.txt
	@touch $@

# Sphinx alone, without the workflow's packages
.venv/site.done: requirements-site.txt .venv/bin/python
	@echo "winnow: installing the site's packages into .venv"
	.uv/bin/uv pip install --quiet --compile-bytecode --python $(BIN)/python --require-hashes -r requirements-site.txt
	@touch $@

clean:
	rm -rf results logs benchmarks site
