"use strict";
(() => {
  const $ = (id) => document.getElementById(id);
  const root = document.documentElement;

  /* Colours: automatic, light, dark. A page that is opened from a file may have no storage. */
  const themes = ["automatic", "light", "dark"];
  const stored = (value) => {
    try {
      if (value === undefined) return localStorage.getItem("tfratchet-colours");
      localStorage.setItem("tfratchet-colours", value);
    } catch (error) {
      if (!(error instanceof DOMException)) throw error;
    }
    return null;
  };
  const button = $("theme");
  const paint = (theme) => {
    if (theme === "automatic") delete root.dataset.theme;
    else root.dataset.theme = theme;
    button.querySelector("span").textContent = theme;
  };
  paint(themes.includes(stored()) ? stored() : "automatic");
  button.addEventListener("click", () => {
    const next = themes[(themes.indexOf(root.dataset.theme || "automatic") + 1) % themes.length];
    paint(next);
    stored(next);
  });
  button.hidden = false;

  /* A link to a finding or a rule opens what it leads to. */
  const reveal = () => {
    const target = location.hash.length > 1 && $(decodeURIComponent(location.hash.slice(1)));
    if (!target) return;
    const folded = target.matches("details") ? target : target.querySelector("details");
    if (folded) folded.open = true;
    target.scrollIntoView();
  };
  addEventListener("hashchange", reveal);

  /* On paper everything is open. */
  let shut = [];
  addEventListener("beforeprint", () => {
    shut = [...document.querySelectorAll("details:not([open])")];
    for (const details of shut) details.open = true;
  });
  addEventListener("afterprint", () => {
    for (const details of shut) details.open = false;
  });

  const form = $("filter");
  if (!form) return reveal();

  const search = $("search");
  const rows = [...document.querySelectorAll("#findings tbody tr")];
  const texts = new Map();
  const text = (row) => {
    if (!texts.has(row)) texts.set(row, row.textContent.toLowerCase());
    return texts.get(row);
  };
  const number = (n) => n.toLocaleString("en");
  const apply = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const levels = new Set([...form.querySelectorAll("[name=severity]:checked")].map((box) => box.value));
    const chosen = [...form.querySelectorAll("select")].filter((s) => s.value).map((s) => [s.name, s.value]);
    let shown = 0;
    for (const row of rows) {
      const fits =
        levels.has(row.dataset.severity) &&
        chosen.every(([name, value]) => row.dataset[name] === value) &&
        words.every((word) => text(row).includes(word));
      row.hidden = !fits;
      shown += fits;
    }
    const all = `${number(rows.length)} finding${rows.length === 1 ? "" : "s"}`;
    $("count").textContent = shown === rows.length ? all : `${number(shown)} of ${all}`;
    $("nothing").hidden = shown > 0;
  };
  form.addEventListener("input", apply);
  form.addEventListener("submit", (event) => event.preventDefault());
  $("reset").addEventListener("click", () => {
    form.reset();
    apply();
    search.focus();
  });
  $("unfold").addEventListener("click", (event) => {
    const open = event.currentTarget.getAttribute("aria-pressed") !== "true";
    for (const row of rows) if (!row.hidden) row.querySelector("details").open = open;
    event.currentTarget.setAttribute("aria-pressed", open);
    event.currentTarget.textContent = open ? "Close all" : "Open all";
  });
  addEventListener("keydown", (event) => {
    const typing = event.target.matches("input:not([type=checkbox]), textarea, select");
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      search.focus();
      search.select();
    } else if (event.key === "Escape" && event.target === search) {
      event.preventDefault();
      search.value = "";
      apply();
    }
  });
  form.hidden = false;
  $("unfold").hidden = false;
  document.querySelector(".keys").hidden = false;
  apply(); /* a browser that goes back keeps what was chosen */
  reveal();
})();
