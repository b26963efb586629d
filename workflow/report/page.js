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

zoomFigures();
