/**
 * What a page does in the browser: sorts and filters tables, switches structures, isodose lines and slices, and draws
 * the live chart. Without it the page is complete, only still. Inlined as it is; needs nothing but the page.
 */
(() => {
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const one = (selector, root = document) => root.querySelector(selector);

  for (const element of all('.needs-script')) element.hidden = false;

  // Tables -----------------------------------------------------------------------------------------------------------

  const collator = new Intl.Collator('en', { numeric: true, sensitivity: 'base' });

  function sortKey(row, column, numeric) {
    const cell = row.cells[column];
    const text = cell.dataset.sort ?? cell.textContent.trim();
    if (!numeric) return text;
    const number = Number.parseFloat(text);
    return Number.isNaN(number) ? undefined : number;
  }

  function sortBy(table, column, header) {
    const direction = header.getAttribute('aria-sort') === 'ascending' ? 'descending' : 'ascending';
    const sign = direction === 'ascending' ? 1 : -1;
    const body = table.tBodies[0];
    const rows = [...body.rows];
    const numeric =
      header.classList.contains('num') || rows.every((row) => /^-?[\d.]+$/.test(row.cells[column].dataset.sort ?? ''));
    const keyed = rows.map((row) => ({ row, key: sortKey(row, column, numeric) }));
    keyed.sort((a, b) => {
      if (a.key === undefined || b.key === undefined) return (a.key === undefined) - (b.key === undefined);
      return sign * (numeric ? a.key - b.key : collator.compare(a.key, b.key));
    });
    body.append(...keyed.map(({ row }) => row));
    for (const other of all('th[aria-sort]', table)) other.removeAttribute('aria-sort');
    header.setAttribute('aria-sort', direction);
  }

  for (const table of all('table[data-sortable]')) {
    all('thead th', table).forEach((header, column) => {
      const button = document.createElement('button');
      button.type = 'button';
      button.append(...header.childNodes);
      header.append(button);
      button.addEventListener('click', () => sortBy(table, column, header));
    });
  }

  for (const input of all('input[data-filters]')) {
    const rows = [...document.getElementById(input.dataset.filters).tBodies[0].rows];
    const output = one('output', input.closest('.filter'));
    input.addEventListener('input', () => {
      const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
      let left = 0;
      for (const row of rows) {
        const text = row.textContent.toLowerCase();
        row.hidden = !words.every((word) => text.includes(word));
        if (!row.hidden) left++;
      }
      output.textContent = words.length === 0 ? '' : `${left} of ${rows.length}`;
    });
  }

  // Structures, isodose lines, slices --------------------------------------------------------------------------------

  const dataElement = document.getElementById('page-data');
  const data = dataElement ? JSON.parse(dataElement.textContent) : {};
  const toggles = all('input[data-roi-toggle]');
  const isOn = new Map(toggles.map((input) => [Number(input.dataset.roiToggle), true]));
  let redraw = () => {};

  function applyStructures() {
    for (const input of toggles) {
      const roi = Number(input.dataset.roiToggle);
      isOn.set(roi, input.checked);
      one(`[data-roi-row="${roi}"]`).classList.toggle('off', !input.checked);
    }
    for (const path of all('path.outline')) path.toggleAttribute('hidden', !isOn.get(Number(path.dataset.roi)));
    redraw();
    document.dispatchEvent(new CustomEvent('isovox:structures', { detail: new Map(isOn) }));
  }
  for (const input of toggles) {
    input.checked = true;
    input.addEventListener('change', applyStructures);
  }
  for (const button of all('button[data-show]')) {
    button.addEventListener('click', () => {
      const { show } = button.dataset;
      for (const input of toggles) {
        input.checked =
          show === 'all' || (show === 'targets' && data.targets.includes(Number(input.dataset.roiToggle)));
      }
      applyStructures();
    });
  }

  const panels = document.getElementById('panels');
  for (const input of all('input[data-level-toggle]')) {
    input.checked = true;
    input.addEventListener('change', () => {
      for (const path of all(`path.iso[data-level="${input.dataset.levelToggle}"]`, panels)) {
        path.toggleAttribute('hidden', !input.checked);
      }
    });
  }
  for (const input of all('input[data-layer]')) {
    input.checked = true;
    input.addEventListener('change', () => panels.classList.toggle(`no-${input.dataset.layer}`, !input.checked));
  }

  const scrub = document.getElementById('scrub');
  if (scrub) {
    const slices = all('[data-slice]');
    const show = () => {
      const chosen = Number(scrub.value);
      slices.forEach((slice, index) => {
        slice.hidden = index !== chosen;
      });
      const { position, title } = slices[chosen].dataset;
      document.getElementById('axial-title').textContent = title;
      one('output[for=scrub]').textContent = `${chosen + 1} / ${slices.length}`;
      for (const line of all('.cut')) {
        const y = Math.round((Number(line.closest('svg').dataset.vTop) - Number(position)) * 10);
        line.setAttribute('y1', y);
        line.setAttribute('y2', y);
      }
    };
    scrub.value = scrub.getAttribute('value');
    scrub.addEventListener('input', show);
  }

  for (const select of all('select[data-switches]')) {
    select.value = select.options[0].value;
    select.addEventListener('change', () => {
      for (const element of all(`[data-group="${select.dataset.switches}"]`)) {
        element.hidden = element.dataset.value !== select.value;
      }
    });
  }

  // Where the reader is ----------------------------------------------------------------------------------------------

  const links = all('nav.sections a');
  const targets = links.map((link) => document.getElementById(link.hash.slice(1)));
  function markSection() {
    let current = 0;
    targets.forEach((target, index) => {
      if (target && target.getBoundingClientRect().top < 140) current = index;
    });
    if (window.innerHeight + window.scrollY >= document.documentElement.scrollHeight - 4) current = links.length - 1;
    links.forEach((link, index) => {
      if (index === current) link.setAttribute('aria-current', 'true');
      else link.removeAttribute('aria-current');
    });
  }
  if (links.length > 0) {
    document.addEventListener('scroll', markSection, { passive: true });
    markSection();
  }

  // The live chart ---------------------------------------------------------------------------------------------------

  async function loadCharts() {
    if (window.echarts) return window.echarts;
    const packed = atob(document.getElementById('charts-packed').textContent);
    const bytes = Uint8Array.from(packed, (character) => character.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate'));
    const script = document.createElement('script');
    script.textContent = await new Response(stream).text();
    document.head.append(script);
    return window.echarts;
  }

  /** The option with the page's custom properties replaced by what they are now. */
  function themed(value, styles) {
    if (Array.isArray(value)) return value.map((entry) => themed(entry, styles));
    if (value !== null && typeof value === 'object') {
      return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, themed(entry, styles)]));
    }
    if (value === 'inherit') return getComputedStyle(document.body).fontFamily;
    const name = typeof value === 'string' && /^var\((--[\w-]+)\)$/.exec(value)?.[1];
    return name ? styles.getPropertyValue(name).trim() : value;
  }

  /** Percent of the structure at a dose: straight between the points that are drawn. */
  function percentAt(points, dose) {
    if (dose <= points[0][0]) return points[0][1];
    let low = 0;
    let high = points.length - 1;
    if (dose >= points[high][0]) return dose === points[high][0] ? points[high][1] : 0;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (points[middle][0] <= dose) low = middle;
      else high = middle;
    }
    const [x0, y0] = points[low];
    const [x1, y1] = points[high];
    return x1 === x0 ? y1 : y0 + ((y1 - y0) * (dose - x0)) / (x1 - x0);
  }

  const figures = (value) => {
    const size = Math.abs(value);
    return value.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : 2);
  };

  function liveChart(echarts) {
    const { option, totals } = data.chart;
    const live = one('.chart-live');
    const still = one('.chart-static');
    const tip = one('.chart-tip');
    const curves = option.series.map((series) => ({ ...series, roi: Number(series.id.slice(4)) }));
    let isAbsolute = false;
    still.hidden = true;
    live.hidden = false;
    const chart = echarts.init(live, null, { renderer: 'canvas' });
    const scale = (roi) => (isAbsolute ? totals[roi] / 100 : 1);

    redraw = () => {
      const styles = getComputedStyle(document.documentElement);
      const color = (name) => styles.getPropertyValue(name).trim();
      const theme = themed(option, styles);
      const visible = curves.filter(({ roi }) => isOn.get(roi) !== false);
      const marker = theme.series.find((series) => series.markLine)?.markLine;
      chart.setOption({
        ...theme,
        grid: { ...theme.grid, bottom: 84 },
        yAxis: {
          ...theme.yAxis,
          name: isAbsolute ? 'Volume (cm³)' : 'Volume (%)',
          max: isAbsolute ? null : 100,
          nameGap: isAbsolute ? 44 : 38,
        },
        dataZoom: [
          {
            type: 'slider',
            xAxisIndex: 0,
            height: 18,
            bottom: 8,
            filterMode: 'none',
            brushSelect: false,
            showDetail: false,
            showDataShadow: false,
            borderColor: color('--rule'),
            fillerColor: color('--accent-soft'),
            handleStyle: { color: color('--card'), borderColor: color('--accent') },
            moveHandleSize: 0,
          },
          {
            type: 'inside',
            xAxisIndex: 0,
            filterMode: 'none',
            zoomOnMouseWheel: 'ctrl',
            moveOnMouseMove: true,
            moveOnMouseWheel: false,
            preventDefaultMouseMove: false,
          },
        ],
        series: theme.series
          .map(({ markLine, ...series }, index) => {
            const { roi, data: points } = curves[index];
            return {
              ...series,
              silent: true,
              data: visible.includes(curves[index])
                ? points.map(([dose, percent]) => [dose, percent * scale(roi)])
                : [],
              emphasis: { lineStyle: { width: 3.2 } },
            };
          })
          .concat(marker ? [{ id: 'prescription', type: 'line', data: [], markLine: marker }] : []),
      });
    };
    redraw();

    let lit;
    function light(index) {
      if (lit === index) return;
      if (lit !== undefined) chart.dispatchAction({ type: 'downplay', seriesIndex: lit });
      if (index !== undefined) chart.dispatchAction({ type: 'highlight', seriesIndex: index });
      lit = index;
    }
    function leave() {
      light(undefined);
      tip.hidden = true;
      document.getElementById('at-dose').textContent = 'at –';
      for (const cell of all('[data-at]')) cell.textContent = '';
    }
    function point({ offsetX, offsetY }) {
      if (!chart.containPixel('grid', [offsetX, offsetY])) return leave();
      const [dose] = chart.convertFromPixel({ seriesIndex: 0 }, [offsetX, offsetY]);
      document.getElementById('at-dose').textContent = `at ${dose.toFixed(1)} Gy`;
      document.dispatchEvent(new CustomEvent('isovox:dose', { detail: dose }));
      let nearest;
      curves.forEach(({ roi, data: points }, index) => {
        const percent = percentAt(points, dose);
        const value = percent * scale(roi);
        const cell = one(`[data-at="${roi}"]`);
        if (cell)
          cell.textContent =
            isOn.get(roi) === false ? '' : isAbsolute ? `${figures(value)} cm³` : `${value.toFixed(1)} %`;
        if (isOn.get(roi) === false) return;
        const [, y] = chart.convertToPixel({ seriesIndex: index }, [dose, value]);
        const distance = Math.abs(y - offsetY);
        if (distance < 18 && (nearest === undefined || distance < nearest.distance)) {
          nearest = { index, roi, percent, distance, y };
        }
      });
      light(nearest?.index);
      tip.hidden = nearest === undefined;
      if (nearest === undefined) return;
      const name = document.createElement('b');
      name.textContent = one(`[data-roi-row="${nearest.roi}"] bdi`).textContent;
      const cc = (nearest.percent * totals[nearest.roi]) / 100;
      tip.replaceChildren(name, `${dose.toFixed(2)} Gy: ${nearest.percent.toFixed(1)} %, ${figures(cc)} cm³`);
      const flip = offsetX > live.clientWidth - tip.offsetWidth - 30;
      tip.style.left = `${Math.max(0, flip ? offsetX - tip.offsetWidth - 14 : offsetX + 14)}px`;
      tip.style.top = `${Math.max(0, nearest.y - tip.offsetHeight - 10)}px`;
    }
    chart.getZr().on('mousemove', point);
    chart.getZr().on('globalout', leave);

    const zoomOut = () => chart.dispatchAction({ type: 'dataZoom', start: 0, end: 100 });
    document.getElementById('chart-reset').addEventListener('click', zoomOut);
    chart.getZr().on('dblclick', zoomOut);
    for (const input of all('input[name=volume]')) {
      input.checked = input.value === 'relative';
      input.addEventListener('change', () => {
        isAbsolute = one('input[name=volume]:checked').value === 'absolute';
        redraw();
      });
    }
    new ResizeObserver(() => chart.resize()).observe(live);
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => redraw());
    document.documentElement.dataset.chart = 'live';
  }

  if (data.chart && (window.echarts || 'DecompressionStream' in window)) {
    loadCharts().then(liveChart);
  }
})();
