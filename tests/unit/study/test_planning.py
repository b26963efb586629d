"""What is looked at once, when a plan is made: headers, texts on figures, simulated processes."""

from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import uproot

from winnow.errors import ConfigError, refuse
from winnow.events.headers import header_faults
from winnow.events.readers import unfit_columns
from winnow.figures import style
from winnow.simulation.checks import simulation_faults, written_columns
from winnow.study.files import InputFile, input_files
from winnow.study.keys.plots import Plots
from winnow.study.label_checks import figure_texts, label_faults
from winnow.study.looks import plot_label
from winnow.study.memory import MOST_FILES
from winnow.study.planning import refuse_swallowed_config
from winnow.study.schema import load_schema
from winnow.study.sections import complete
from winnow.study.simulation_plan import chunks, joined_chunks, simulated_files
from winnow.study.typed import made

ROOT = Path(__file__).resolve().parents[3]
SCHEMA = load_schema(ROOT / "workflow" / "schemas" / "config.schema.yaml")
COLUMNS = ("pt", "eta", "w", "run", "process", "mass")


def write(path, names=COLUMNS):
    """Write an input file of two events with these columns, in the format of its ending."""
    frame = pd.DataFrame({name: np.array([1.0, 2.0]) for name in names})
    match Path(path).suffix:
        case ".csv":
            frame.to_csv(path, index=False)
        case ".parquet":
            frame.to_parquet(path)
        case ".root":
            with uproot.recreate(path) as file:
                file.mktree("events", dict.fromkeys(names, "f8"))
                file["events"].extend({name: frame[name].to_numpy() for name in names})
        case ".h5":
            with h5py.File(path, "w") as file:
                for name in names:
                    file[f"events/{name}"] = frame[name].to_numpy()


@pytest.fixture
def study(tmp_path, monkeypatch):
    """A study that names a column for every use there is."""
    monkeypatch.chdir(tmp_path)
    write("a.csv")
    return {
        "study": "toy",
        "input": {"files": [{"path": "a.csv"}]},
        "columns": {
            "features": ["pt", "ratio"],
            "weight": ["w"],
            "event_id": ["run"],
            "process": "process",
            "spectators": ["mass"],
            "derived": {"double": "2 * pt", "ratio": "double / eta"},
        },
        "selection": {"central": "abs(eta) < 2 && ratio > 0"},
        "classes": {"background": ["b"], "signal": ["s"]},
        "signal_class": "signal",
    }


def planned(config):
    full = complete(config, SCHEMA)
    made = simulated_files(full)
    files = input_files(full, made)
    refuse([*simulation_faults(full), *label_faults(full)])
    refuse(header_faults(full, files, made, written_columns(full)))
    return full


def message(config):
    with pytest.raises(ConfigError) as error:
        planned(config)
    return str(error.value)


@pytest.mark.parametrize("ending", ["csv", "parquet", "root", "h5"])
def test_a_study_whose_files_have_all_its_columns_is_planned(study, ending):
    write(f"b.{ending}")
    study["input"]["files"] = [{"path": f"b.{ending}"}]
    planned(study)


@pytest.mark.parametrize("ending", ["csv", "parquet", "root", "h5"])
def test_a_column_that_a_file_lacks_is_refused_with_its_key(study, ending):
    names = ["mass", "process", "pt", "run", "w"]
    write(f"b.{ending}", names)
    study["input"]["files"] = [{"path": f"b.{ending}"}]
    study["columns"]["features"] = ["pt", "eta"]
    assert message(study).splitlines() == [
        f"config key `{key}`: column 'eta' is missing in b.{ending}. It has: {', '.join(names)}."
        for key in ("columns.derived.ratio", "columns.features", "selection.central")
    ]


@pytest.mark.parametrize(
    ("section", "key", "value", "told"),
    [
        ("columns", "features", ["ptt"], "columns.features`: column 'ptt'"),
        ("columns", "weight", ["ww"], "columns.weight`: column 'ww'"),
        ("columns", "event_id", ["runs"], "columns.event_id`: column 'runs'"),
        ("columns", "process", "proces", "columns.process`: column 'proces'"),
        ("columns", "spectators", ["masss"], "columns.spectators`: column 'masss'"),
        ("columns", "derived", {"ratio": "pt / etaa"}, "columns.derived.ratio`: column 'etaa'"),
        ("columns", "derived", {"a": "ratio", "ratio": "pt"}, "columns.derived.a`: column 'ratio'"),
        (None, "selection", {"cut": "ett > 0"}, "selection.cut`: column 'ett'"),
        (
            "input",
            "files",
            [{"path": "a.csv", "weight": ["ww"]}],
            "input.files[].weight`: column 'ww'",
        ),
    ],
)
def test_every_use_of_a_column_is_looked_at(study, section, key, value, told):
    (study[section] if section else study)[key] = value
    assert message(study).startswith(f"config key `{told} is missing in a.csv. ")
    assert len(message(study).splitlines()) == 1


def test_the_generators_weights_are_looked_at_in_the_files_of_their_process(study):
    write("b.csv", (*COLUMNS, "generated"))
    study["columns"].pop("process")
    study["input"]["files"] = [
        {"path": "a.csv", "process": "s"},
        {"path": "b.csv", "process": "b"},
    ]
    study["processes"] = {"b": {"cross_section": 1.0, "generated": {"column": "generated"}}}
    planned(study)
    study["processes"]["s"] = {"cross_section": 1.0, "generated": {"column": "generated"}}
    assert message(study) == (
        "config key `processes.s.generated.column`: column 'generated' is missing in a.csv. It "
        "has: pt, eta, w, run, process, mass."
    )


def test_a_files_own_process_needs_no_column(study):
    write("a.csv", [name for name in COLUMNS if name != "process"])
    assert "columns.process" in message(study)
    study["input"]["files"] = [{"path": "a.csv", "process": "s"}]
    planned(study)


def test_a_column_that_many_files_lack_is_told_once(study):
    for number in range(3):
        write(f"b{number}.csv", [name for name in COLUMNS if name != "mass"])
    study["input"]["files"] = [{"path": "*.csv"}]
    assert message(study) == (
        "config key `columns.spectators`: column 'mass' is missing in b0.csv and in 2 more. It "
        "has: pt, eta, w, run, process."
    )


def test_of_many_files_some_headers_are_read(study):
    for number in range(2 * MOST_FILES):
        write(f"{number:04}.csv")
        if number % 3 == 2:
            Path(f"{number:04}.csv").write_bytes(b"")
    study["input"]["files"] = [{"path": "[0-9]*.csv"}]
    planned(study)
    for name in ("0000.csv", "0001.csv", "0031.csv"):
        write(name, ["pt"])
        assert f"is missing in {name}. " in message(study)
        write(name)


def test_of_many_files_those_are_read_of_which_the_config_says_something_else(study):
    for number in range(2 * MOST_FILES):
        write(f"{number:04}.csv")
    write("own.csv")
    study["input"]["files"] = [{"path": "[0-9]*.csv"}, {"path": "own.csv", "weight": ["eta"]}]
    planned(study)
    study["input"]["files"][1]["weight"] = ["etta"]
    assert "config key `input.files[].weight`: column 'etta' is missing in own.csv." in message(
        study
    )


def test_a_file_that_cannot_be_read_is_refused(study):
    Path("b.root").write_bytes(b"no ROOT file at all")
    study["input"]["files"].append({"path": "b.root"})
    assert message(study).startswith("b.root: cannot be read as ROOT")


def test_names_are_those_that_reading_takes(study):
    """Other names of a leaf, a column that stands twice and nobody asks for, an empty skim."""
    write("a.csv", [*COLUMNS, "odd"])
    text = Path("a.csv").read_text().replace("odd", "odd,odd", 1).replace("1.0\n", "1.0,1.0\n")
    Path("a.csv").write_text(text)
    planned(study)
    study["columns"]["spectators"] = ["odd"]
    assert "column 'odd' stands 2 times" in message(study)
    leaves, skim = (
        InputFile(name, str(ROOT / "tests" / "data" / "root" / f"{name}.root"), "root")
        for name in ("leaves", "nobranches")
    )
    assert list(unfit_columns(leaves, ["lep.pt", "pt", "lep/eta", "ptt"])[0]) == ["ptt"]
    assert unfit_columns(skim, ["pt"]) == ({}, frozenset())


def test_a_column_of_several_values_is_refused_where_one_is_wanted(study):
    table = pa.table({name: [1.0] for name in COLUMNS if name != "process"})
    table = table.append_column("process", pa.array(["s"]))
    pq.write_table(table.append_column("jets", pa.array([[1.0, 2.0]])), "a.parquet")
    study["input"]["files"] = [{"path": "a.parquet"}]
    study["columns"]["derived"] |= {"ht": "Sum$(jets) + jets[0]"}
    study["selection"] = {"some": "Length$(jets) > 0"}
    planned(study)
    study["selection"] = {"some": "Length$(jets) > jets"}
    study["columns"]["features"] = ["pt", "jets"]
    hint = (
        "column 'jets' holds several values per event in a.parquet. Make one of them with a column "
        "of `columns.derived`, where lists of numbers may be used as `jets[0]`, `Max$(jets)`, "
        "`Min$(jets)`, `Sum$(jets > 30)` or `Length$(jets)`."
    )
    assert message(study).splitlines() == [
        f"config key `columns.features`: {hint}",
        f"config key `selection.some`: {hint}",
    ]


SIMULATED = {
    "study": "toy",
    "simulate": {"columns": "binary", "events": {"TT_pow": 10, "T2DegStop_500_450": 10}},
    "input": {
        "files": [
            {
                "path": "results/toy/simulate/train_sig.csv",
                "columns": [*"abcdefghijkl", "weight", "process"],
            }
        ]
    },
    "columns": {"features": ["a"], "weight": ["weight"], "process": "process"},
    "classes": {"background": ["TT*"], "signal": ["T2*"]},
    "signal_class": "signal",
}


def test_simulated_files_have_the_columns_that_are_written():
    planned(SIMULATED)
    wanted = {**SIMULATED, "columns": {**SIMULATED["columns"], "features": ["q"]}}
    assert message(wanted).startswith(
        "config key `columns.features`: column 'q' is missing in "
        "results/toy/simulate/train_sig.csv. It has: a, b, "
    )


def test_simulated_files_need_as_many_names_as_are_written():
    wanted = {**SIMULATED, "simulate": {**SIMULATED["simulate"], "columns": "multiclass"}}
    assert message(wanted).startswith(
        "config key `input.files[].columns`: found 14 names for "
        "results/toy/simulate/train_sig.csv, which is simulated without a header, expected "
    )


def test_a_process_that_cannot_be_simulated_is_refused():
    wanted = {**SIMULATED, "simulate": {"columns": "binary", "events": {"TT_powheg": 10}}}
    assert message(wanted) == (
        "config key `simulate.events.TT_powheg`: no such process can be simulated by `stop`; did "
        "you mean `TT_pow`?"
    )


TRACKS = {
    "study": "toy",
    "simulate": {"simulator": "tracks", "events": {"tracks": 250}, "chunk": 100},
    "input": {"files": [{"path": "results/toy/simulate/tracks.parquet"}]},
    "columns": {"features": ["mc_eta"], "process": "reconstructed_as"},
    "classes": {"none": ["unreconstructed"], "found": ["long", "upstream", "downstream"]},
    "balance": {"scheme": "none"},
}


def test_a_simulated_table_names_its_columns_itself():
    full = planned(TRACKS)
    assert list(simulated_files(full)) == ["results/toy/simulate/tracks.parquet"]
    assert joined_chunks(full, "tracks.parquet") == [
        f"results/toy/simulate/tracks/chunk-{number}/tracks.parquet" for number in range(3)
    ]
    assert [chunk.events for chunk in chunks(full)] == [100, 100, 50]
    wanted = {**TRACKS, "columns": {**TRACKS["columns"], "features": ["mc_theta"]}}
    assert message(wanted).startswith(
        "config key `columns.features`: column 'mc_theta' is missing in "
        "results/toy/simulate/tracks.parquet. It has: mc_x, mc_y, "
    )


def test_a_spectator_that_mathtext_cannot_draw_is_no_axis():
    columns = {**TRACKS["columns"], "spectators": ["p_long", "$a^b^c$"]}
    wanted = {**TRACKS, "columns": columns, "calibration": {"columns": ["p_long", "mc_eta"]}}
    assert list(label_faults(complete(wanted, SCHEMA))) == []
    wanted["calibration"] = {"columns": ["$a^b^c$"]}
    (fault,) = label_faults(complete(wanted, SCHEMA))
    assert fault.startswith("config key `calibration.columns`: found '$a^b^c$', which matplotlib")


def test_a_process_goes_into_the_file_of_its_kind():
    full = planned(SIMULATED)
    for kind, process in (("sig", "T2DegStop_500_450"), ("bkg", "TT_pow")):
        assert joined_chunks(full, f"val_{kind}.csv") == [
            f"results/toy/simulate/{process}/chunk-0/val.csv"
        ]


UNDRAWN = {
    r"$\slashed{E}_T$": r"Unknown symbol: \slashed",
    r"$m_\emph{vis}$": "not understood from character 2 of the mathematics on",
    r"$\sqrt{s$": r"Expected \sqrt{value}",
    "$a^b^c$": "Double superscript",
}
DRAWN = [r"$E_T^\mathrm{miss}$", "5 $", r"\$5 or \$6", r"$\sqrt{s}$ = {13} TeV", "{x}", ""]


@pytest.mark.parametrize("text", UNDRAWN)
@pytest.mark.parametrize("key", ["plots.label", "plots.titles.roc", "columns.features[1].label"])
def test_a_text_that_mathtext_cannot_draw_is_refused(study, key, text):
    if key.startswith("columns"):
        study["columns"]["features"] = ["pt", {"name": "eta", "label": text}]
    else:
        study["plots"] = {"label": text} if key == "plots.label" else {"titles": {"roc": text}}
    assert message(study).startswith(
        f"config key `{key}`: found {text!r}, which matplotlib's mathtext cannot draw "
        f"({UNDRAWN[text]}). "
    )


@pytest.mark.parametrize("text", [*UNDRAWN, *DRAWN])
def test_what_is_refused_is_just_what_a_figure_cannot_show(study, text, tmp_path):
    study["plots"] = {"label": text}

    @style.context()
    def draw():
        figure = style.new_figure(2, 1)
        style.header(figure, "", text)
        style.save(figure, tmp_path / "x.png", tmp_path / "x.pdf")

    if text in DRAWN:
        planned(study)
        draw()
    else:
        with pytest.raises(ValueError, match="Parse"):
            draw()


@pytest.mark.parametrize(
    ("key", "given", "told"),
    [
        ("labels.sginal", "s", "no class or process is called so; did you mean `signal`?"),
        ("colours.other", "navy", "no class or process is called so; known: "),
        ("colours.signal", "24518f", "found '24518f', which is no colour; expected a name such"),
        ("axes.pz", {}, "is no feature, none of `apply.draw`, `sculpting` and `calibration.col"),
        ("colours.signal", "none", "found 'none', which is no colour; expected a name such as"),
    ],
)
def test_looks_of_what_is_not_there_and_colours_that_are_none_are_refused(study, key, given, told):
    kind, _, name = key.partition(".")
    study["plots"] = {kind: {name: given}}
    assert message(study).startswith(f"config key `plots.{key}`: {told}")


@pytest.mark.parametrize(
    ("name", "axis", "told"),
    [
        ("pt", {"range": [2, 1]}, "range`: found [2, 1], expected the second above the first"),
        ("pt", {"range": [0, 1], "log": True}, "range`: found [0, 1], while a logarithmic axis"),
        ("score", {"log": True}, "log`: needs a `range` that begins above 0"),
    ],
)
def test_an_axis_that_holds_nothing_is_refused(study, name, axis, told):
    study["plots"] = {"axes": {name: axis}}
    assert message(study).startswith(f"config key `plots.axes.{name}.{told}")


def test_a_class_and_its_processes_may_have_looks(study):
    for names in study["classes"].values():
        for name in names:
            study.setdefault("plots", {}).setdefault("colours", {})[name] = "#24518f"
    study["plots"]["labels"] = dict.fromkeys(study["classes"], r"$t\bar t$")
    planned(study)


def test_the_luminosity_of_files_of_their_own_is_not_told_as_the_studys(study):
    study["plots"] = {"luminosity_unit": "fb$^{-1}$"}
    planned(study)
    assert plot_label(made(Plots, complete(study, SCHEMA)["plots"]), 1.0) == "1 fb$^{-1}$"
    for file in study["input"]["files"]:
        file["luminosity"] = 2.0
    assert message(study).startswith("config key `plots.luminosity_unit`: is that of ")


def test_the_texts_of_figures_are_all_that_the_schema_has(study):
    study["columns"]["features"] = [{"name": "pt", "label": "$p_T$", "unit": "GeV"}, "eta"]
    study["importance"] = {"groups": {"both": ["pt", "eta"]}}
    study["plots"] = {"spectators": {"mass": {"label": "$m$", "unit": "GeV"}}}
    study["plots"] |= {"labels": {"signal": "$s$"}, "energy": "13 TeV", "label": "CMS"}
    study["plots"]["luminosity_unit"] = "fb$^{-1}$"
    texts = dict(figure_texts(complete(study, SCHEMA)))
    plots = SCHEMA["properties"]["plots"]["properties"]
    assert {key for key in texts if key.startswith("plots.")} == {
        *(f"plots.{name}" for name in ("label", "energy", "luminosity_unit", "labels.signal")),
        "plots.spectators.mass",
        *(f"plots.titles.{name}" for name in plots["titles"]["properties"]),
    }
    written = {"label", "energy", "luminosity_unit", "labels", "spectators", "titles"}
    assert set(plots) == {*written, "axes", "colours"}
    assert texts["plots"] == "CMS, √s = 13 TeV, 1 fb$^{-1}$"
    assert texts["plots.labels.signal"] == "$s$"
    assert texts["plots.spectators.mass"] == "$m$ [GeV]"
    assert texts["columns.features[0].label"] == "$p_T$ [GeV]"
    assert texts["columns.features[1].label"] == "eta"
    assert "importance.groups.both" in texts


def test_a_config_file_among_the_targets_is_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("my.yaml").touch()
    refuse_swallowed_config(["all", "results/toy/report/report.html", "none.yaml"])
    with pytest.raises(ConfigError, match=r"^my\.yaml: found among the targets, .*--configfile"):
        refuse_swallowed_config(["all", "my.yaml"])
