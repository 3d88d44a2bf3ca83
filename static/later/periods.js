/* The choice of a time, where what is compared is stated of several: beside the indicator, or in the caption of a map in a frame. */

const { state, comparisons, isEmbedded, element, narrow, afterLayout } = window.atlas.shared;

let offered = ""; // the keys that the choice has now

function makeChoice(label) {
  const choice = element("label");
  choice.id = "periods";
  choice.append(element("span", "visually-hidden", label), element("select"));
  if (isEmbedded) document.querySelector(".caption #compared").after(choice);
  else document.getElementById("combine").after(choice);
  return choice;
}

/** Offer the times of what is compared, and show which one is chosen. */
function offerPeriods() {
  const comparison = comparisons[state.indicator];
  const periods = comparison && comparison.periods;
  let choice = document.getElementById("periods");
  if (!periods) {
    offered = "";
    if (choice) choice.remove();
    return;
  }
  const keys = periods.choices.map(([key]) => key).join();
  choice ||= makeChoice(periods.label);
  const select = choice.querySelector("select");
  if (offered !== keys) {
    offered = keys;
    select.replaceChildren(...periods.choices.map(([key, words]) => new Option(words, key)));
    select.onchange = choosePeriod;
  }
  select.value = state.indicator;
}

function choosePeriod({ target }) {
  state.indicator = target.value;
  state.period = target.value.split("@")[1];
  // The rows keep their order, which is no longer that of their figures.
  document.querySelector("#table [data-column=measure]").removeAttribute("aria-sort");
  narrow();
}

afterLayout.push(offerPeriods);
offerPeriods();
