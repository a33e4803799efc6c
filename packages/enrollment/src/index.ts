/** How a member joins a layer and how components of two members are connected. */
export * from './component.js';
export * from './enrollment.js';
export * from './ocep.js';
