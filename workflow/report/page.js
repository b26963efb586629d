"use strict";

// a figure at its full size, until a click or Escape
function zoomFigures() {
  const shown = document.querySelector("dialog");
  document.querySelectorAll("figure button").forEach((button) => {
    button.addEventListener("click", () => {
      const own = button.querySelector("img");
      const image = shown.querySelector("img");
      image.src = own.src;
      image.alt = own.alt;
      shown.showModal();
    });
  });
  shown.addEventListener("click", () => shown.close());
}

// numbers by their size, texts by the alphabet; what has no number stands last
function compareCells(a, b) {
  const [x, y] = [a, b].map((cell) => cell.dataset.number);
  if (x !== undefined && y !== undefined) return x - y;
  if (x === undefined && y === undefined) return a.textContent.localeCompare(b.textContent);
  return x === undefined ? 1 : -1;
}

function sortTables() {
  document.querySelectorAll("th button").forEach((button) => {
    button.addEventListener("click", () => {
      const head = button.parentElement;
      const body = head.closest("table").tBodies[0];
      const direction = head.ariaSort === "ascending" ? "descending" : "ascending";
      const sign = direction === "ascending" ? 1 : -1;
      for (const other of head.parentElement.cells) other.removeAttribute("aria-sort");
      head.ariaSort = direction;
      const column = head.cellIndex;
      body.append(...[...body.rows].sort((a, b) => sign * compareCells(a.cells[column], b.cells[column])));
    });
  });
}

function filterTables() {
  document.querySelectorAll(".table").forEach((table) => {
    const choices = [...table.querySelectorAll("select")];
    const keep = (row) => choices.every((own) => !own.value || row.cells[own.dataset.column].textContent === own.value);
    const show = () => table.querySelectorAll("tbody tr").forEach((row) => { row.hidden = !keep(row); });
    choices.forEach((choice) => choice.addEventListener("change", show));
  });
}

// the cut that the slider stands at, its numbers and its place on the curve; rounded where the page was made
function moveCut() {
  const source = document.getElementById("cut-data");
  if (!source) return;
  const scan = JSON.parse(source.textContent);
  const [slider, told, line, point, numbers, back] = ["slider", "value", "line", "point", "numbers", "chosen"]
    .map((name) => document.getElementById(`cut-${name}`));
  const show = () => {
    const at = Number(slider.value);
    told.textContent = scan.cuts[at];
    slider.setAttribute("aria-valuetext", scan.cuts[at]);
    for (const end of ["x1", "x2"]) line.setAttribute(end, scan.x[at]);
    point.setAttribute("cx", scan.x[at]);
    point.setAttribute("cy", scan.y[at] ?? 0);
    point.style.visibility = scan.y[at] === null ? "hidden" : "visible";
    scan.rows[at].forEach((texts, row) => texts.forEach((text, column) => {
      numbers.rows[row].cells[column + 1].textContent = text;
    }));
  };
  slider.addEventListener("input", show);
  back.addEventListener("click", () => { slider.value = scan.chosen; show(); });
}

zoomFigures();
moveCut();
sortTables();
filterTables();
