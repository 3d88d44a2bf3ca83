/* Where there are more places than dots can show, how many lie where comes once the map is drawn. */

const { page, addScript } = window.atlas.shared;

if (page.dense) addScript(page.dense.url).catch(() => {});
