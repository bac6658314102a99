drop function concerned_by;
drop trigger refuse_level_of_bundle on stock_levels;
drop function refuse_level_of_bundle;
drop table bundle_components;
drop table bundles;
drop function refuse_bundle_in_bundle;
drop function lock_the_recipes;
