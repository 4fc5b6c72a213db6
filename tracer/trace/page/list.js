// A list, table or tree of any length: only the rows that are seen are in the page.

const kRow = 24;  // pixels; style.css has the same
const kMargin = 8;  // rows above and below

/**
 * columns: [{key, title, width, sort, class, narrow}]; cells(row): an array of texts or elements,
 * one for each column. In a tree a row has level, and open: true, false, or undefined for a leaf.
 */
class List {
  constructor(host, {id, label, role = "grid", columns = [], cells, classes, select, toggle, sort}) {
    Object.assign(this, {id, role, columns, cells, classes, select, toggle, sort, rows: [], active: -1});
    this.head = element("div", {class: "row head", role: role === "grid" ? "row" : "presentation"},
      ...columns.map(column => this.headCell(column)));
    this.body = element("div", {class: "rows", role: "presentation"});
    this.box = element("div", {class: `list ${id}`, id: `list-${id}`, role: role === "tree" ? "treegrid" : role,
      tabindex: "0", "aria-label": label, onscroll: () => this.drawSoon(), onkeydown: event => this.key(event),
      onclick: event => this.click(event), onfocus: () => this.active < 0 && this.rows.length > 0 && this.go(0, false)},
      this.head, this.body);
    const widths = list => list.map(column => column.width).join(" ");
    this.box.style.setProperty("--columns", widths(columns));
    this.box.style.setProperty("--few-columns", widths(columns.filter(column => !column.class?.includes("narrow"))));
    host.append(this.box);
    new ResizeObserver(() => this.drawSoon()).observe(this.box);
  }

  headCell(column) {
    const properties = {class: `cell ${column.class ?? ""}`, role: "columnheader"};
    if (!column.sort) return element("span", properties, column.title);
    const button = element("button", {tabindex: "-1", onclick: () => this.sort(column)}, column.title);
    return element("span", {...properties, "data-key": column.key}, button);
  }

  showOrder(key, descending) {
    for (const cell of this.head.children)
      if (cell.dataset.key) cell.ariaSort = cell.dataset.key !== key ? "none" : descending ? "descending" : "ascending";
  }

  setRows(rows, keep) {
    const row = this.rows[this.active];
    this.rows = rows;
    this.active = row === undefined ? -1 : rows.findIndex(other => keep ? keep(row, other) : other === row);
    this.body.style.height = `${rows.length * kRow}px`;
    this.box.setAttribute("aria-rowcount", rows.length + 1);
    this.draw();
  }

  drawSoon() {
    this.pending ??= requestAnimationFrame(() => {
      this.pending = undefined;
      this.draw();
    });
  }

  draw() {
    const from = Math.max(Math.floor(this.box.scrollTop / kRow) - kMargin, 0);
    const to = Math.min(from + Math.ceil(this.box.clientHeight / kRow) + 2 * kMargin, this.rows.length);
    const rows = [];
    for (let i = from; i < to; ++i) rows.push(this.rowElement(i));
    if (this.rows.length === 0) rows.push(element("p", {class: "empty"}, "Nothing here has all that is searched for."));
    this.body.replaceChildren(...rows);
    if (this.active >= from && this.active < to) this.box.setAttribute("aria-activedescendant", `${this.id}-${this.active}`);
    else this.box.removeAttribute("aria-activedescendant");
  }

  rowElement(index) {
    const row = this.rows[index];
    const cells = this.cells(row).map((content, i) => {
      const text = typeof content === "object" ? undefined : visible(content ?? "");
      const cell = element("span", {class: `cell ${this.columns[i].class ?? ""}`, role: "gridcell", title: text},
        text ?? content);
      if (i === 0 && row.level !== undefined) {
        cell.style.paddingInlineStart = `${row.level * 1.1 + 0.4}rem`;
        cell.prepend(element("span", {class: "twisty", "aria-hidden": "true"},
          row.open === undefined ? "" : row.open ? "▾" : "▸"));
      }
      return cell;
    });
    const made = element("div", {class: `row ${this.classes?.(row) ?? ""}${index === this.active ? " active" : ""}`,
      id: `${this.id}-${index}`, role: "row", "aria-rowindex": index + 2, "data-index": index,
      "aria-selected": index === this.active ? "true" : "false", "aria-level": row.level === undefined ? undefined : row.level + 1,
      "aria-expanded": row.open === undefined ? undefined : String(row.open)}, ...cells);
    made.style.top = `${index * kRow}px`;
    return made;
  }

  go(index, chosen = true) {
    if (this.rows.length === 0) return;
    this.active = Math.min(Math.max(index, 0), this.rows.length - 1);
    const top = this.active * kRow, height = this.box.clientHeight - kRow;
    if (top < this.box.scrollTop) this.box.scrollTop = top;
    else if (top + kRow > this.box.scrollTop + height) this.box.scrollTop = top + kRow - height;
    this.draw();
    if (chosen) this.select?.(this.rows[this.active]);
  }

  click(event) {
    const row = event.target.closest(".row[data-index]");
    if (!row) return;
    const index = Number(row.dataset.index);
    if (event.target.closest(".twisty") || (event.detail === 2 && this.rows[index].open !== undefined)) this.toggle?.(this.rows[index]);
    else this.go(index);
  }

  key(event) {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const page = Math.max(Math.floor(this.box.clientHeight / kRow) - 2, 1);
    const steps = {ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -Infinity, End: Infinity};
    const row = this.rows[this.active];
    if (event.key in steps) this.go(Math.max(this.active, 0) + steps[event.key]);
    else if (event.key === "Enter" || event.key === " ") row && (row.open === undefined ? this.select?.(row, true) : this.toggle?.(row));
    else if (event.key === "ArrowRight" && row?.open === false) this.toggle?.(row);
    else if (event.key === "ArrowLeft" && row?.open === true) this.toggle?.(row);
    else if (event.key === "ArrowLeft" && row?.level > 0) this.go(this.parentOf(this.active));
    else return;
    event.preventDefault();
  }

  parentOf(index) {
    let parent = index;
    while (parent > 0 && this.rows[parent].level >= this.rows[index].level) --parent;
    return parent;
  }
}
