export const JAVASCRIPT = 'text/javascript';
export const JSON_TYPE = 'application/json';
export const CSS_TYPE = 'text/css';
