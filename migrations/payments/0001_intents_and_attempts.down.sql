drop table attempts;
drop table intents;
drop function keep_attempts_legal();
drop function keep_intents_legal();
drop function attempt_may_become(text, text);
drop function attempt_is_final(text);
drop function attempt_rank(text);
drop function intent_may_become(text, text);
drop table outbox;
