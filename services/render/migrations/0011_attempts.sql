-- How often a renderer has taken the document and neither finished it nor given it back: its process ended meanwhile.
alter table documents add column attempts integer not null default 0;
