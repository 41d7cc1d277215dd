"use strict";
(() => {
  const events = [...document.querySelectorAll(".event")];
  const folded = events.filter((one) => one.tagName === "DETAILS");
  const sections = [...document.querySelectorAll("main > section")];
  const field = document.getElementById("search");
  const count = document.getElementById("count");
  const all = document.getElementById("all");

  const texts = new Map();  // made once: a page may hold many thousands
  const textOf = (one) => {
    if (!texts.has(one)) texts.set(one, one.textContent.toLowerCase());
    return texts.get(one);
  };

  const search = () => {
    const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
    let found = 0;
    for (const one of events) {
      one.hidden = !words.every((word) => textOf(one).includes(word));
      found += !one.hidden;
    }
    for (const one of sections) {
      one.hidden = words.length > 0 && !one.querySelector(".event:not([hidden])");
    }
    count.textContent = words.length ? `${found} of ${events.length}` : "";
  };

  const shown = () => folded.filter((one) => !one.hidden);
  const label = () => { all.textContent = shown().every((one) => one.open) ? "Fold all" : "Unfold all"; };
  const reach = () => {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (target && target.classList.contains("event")) {
      target.hidden = false;
      target.open = true;
      target.scrollIntoView({ block: "center" });
    }
  };

  field.addEventListener("input", () => { search(); label(); });
  all.addEventListener("click", () => {
    const open = !shown().every((one) => one.open);
    for (const one of shown()) one.open = open;
    label();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && document.activeElement !== field) {
      event.preventDefault();
      field.focus();
    } else if (event.key === "Escape" && document.activeElement === field) {
      field.value = "";
      search();
    }
  });
  addEventListener("hashchange", reach);
  document.querySelector(".tools").hidden = false;
  reach();
})();
