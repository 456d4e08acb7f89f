BEGIN TRANSACTION;
CREATE TABLE acts (
	id INTEGER NOT NULL, 
	mail INTEGER NOT NULL, 
	lead INTEGER, 
	at DATETIME NOT NULL, 
	name TEXT NOT NULL, 
	"before" TEXT NOT NULL, 
	CONSTRAINT pk_acts PRIMARY KEY (id), 
	CONSTRAINT fk_acts_mail FOREIGN KEY(mail) REFERENCES mails (id)
);
INSERT INTO "acts" VALUES(1,7,7,'2026-03-01 08:00:00.000000','retry','in_doubt');
INSERT INTO "acts" VALUES(2,11,NULL,'2026-03-01 08:04:00.000000','retry','ambiguous');
INSERT INTO "acts" VALUES(3,6,6,'2026-03-01 08:05:00.000000','retry','rejected');
INSERT INTO "acts" VALUES(4,21,NULL,'2026-03-01 08:06:00.000000','not_sent','incomplete');
INSERT INTO "acts" VALUES(5,22,NULL,'2026-03-01 08:06:00.000000','sent','ambiguous');
INSERT INTO "acts" VALUES(6,22,NULL,'2026-03-01 08:07:00.000000','forget','sent');
CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY);
INSERT INTO "alembic_version" VALUES('0004');
CREATE TABLE alerts (
	kind TEXT NOT NULL, 
	portal TEXT NOT NULL, 
	inbox TEXT NOT NULL, 
	destination TEXT NOT NULL, 
	noticed DATETIME NOT NULL, 
	absent DATETIME, 
	over DATETIME, 
	told DATETIME, 
	tellings INTEGER NOT NULL, 
	spells INTEGER NOT NULL, 
	count INTEGER NOT NULL, 
	detail TEXT NOT NULL, 
	channels TEXT NOT NULL, 
	CONSTRAINT pk_alerts PRIMARY KEY (kind, portal, inbox, destination)
);
INSERT INTO "alerts" VALUES('review','','','','2026-03-01 08:00:00.000000',NULL,NULL,'2026-03-01 08:00:00.000000',2,1,4,'{}','{}');
INSERT INTO "alerts" VALUES('portal-layout','homegate.ch','','','2026-03-01 08:00:00.000000','2026-03-01 08:01:00.000000','2026-03-01 08:02:00.000000',NULL,0,2,0,'{"recent":5}','{"1":2}');
INSERT INTO "alerts" VALUES('leads-waiting','','','crm','2026-03-01 08:00:00.000000',NULL,NULL,NULL,0,1,0,'{}','{}');
CREATE TABLE attempts (
	id INTEGER NOT NULL, 
	lead INTEGER NOT NULL, 
	started DATETIME NOT NULL, 
	ended DATETIME, 
	state TEXT NOT NULL, 
	status INTEGER NOT NULL, 
	detail TEXT NOT NULL, 
	CONSTRAINT pk_attempts PRIMARY KEY (id), 
	CONSTRAINT fk_attempts_lead FOREIGN KEY(lead) REFERENCES leads (id)
);
INSERT INTO "attempts" VALUES(1,1,'2026-03-01 08:00:00.000000','2026-03-01 08:01:00.000000','sent',200,'accepted');
INSERT INTO "attempts" VALUES(2,2,'2026-03-01 08:00:00.000000','2026-03-01 08:01:00.000000','rejected',400,'refused: no such object');
INSERT INTO "attempts" VALUES(3,3,'2026-03-01 08:00:00.000000','2026-03-01 08:01:00.000000','deferred',503,'');
INSERT INTO "attempts" VALUES(4,4,'2026-03-01 08:00:00.000000','2026-03-01 08:01:00.000000','in_doubt',0,'no answer');
INSERT INTO "attempts" VALUES(5,5,'2026-03-01 08:00:00.000000','2026-03-01 08:01:00.000000','in_doubt',0,'no answer');
INSERT INTO "attempts" VALUES(6,6,'2026-03-01 08:00:00.000000','2026-03-01 08:01:00.000000','rejected',422,'');
INSERT INTO "attempts" VALUES(7,7,'2026-03-01 08:00:00.000000','2026-03-01 08:01:00.000000','in_doubt',0,'');
INSERT INTO "attempts" VALUES(8,7,'2026-03-01 08:00:00.000000','2026-03-01 08:01:00.000000','deferred',0,'');
INSERT INTO "attempts" VALUES(9,8,'2026-03-01 08:01:00.000000',NULL,'sending',0,'');
INSERT INTO "attempts" VALUES(10,13,'2026-03-01 08:00:00.000000','2026-03-01 08:01:00.000000','sent',204,'');
CREATE TABLE cursors (
	inbox TEXT NOT NULL, 
	folder TEXT NOT NULL, 
	uidvalidity BIGINT NOT NULL, 
	next_uid BIGINT NOT NULL, 
	fresh_from BIGINT NOT NULL, 
	backlog_since DATETIME, 
	first_started DATETIME NOT NULL, 
	CONSTRAINT pk_cursors PRIMARY KEY (inbox, folder)
);
INSERT INTO "cursors" VALUES('sales','INBOX',7,14,3,'2026-03-01 07:59:00.000000','2026-03-01 08:00:00.000000');
INSERT INTO "cursors" VALUES('rent','Portals/À louer',4294967295,2,1,NULL,'2026-03-01 08:00:00.000000');
CREATE TABLE inboxes (
	inbox TEXT NOT NULL, 
	last_poll DATETIME, 
	last_success DATETIME, 
	last_mail DATETIME, 
	error TEXT NOT NULL, 
	CONSTRAINT pk_inboxes PRIMARY KEY (inbox)
);
INSERT INTO "inboxes" VALUES('sales','2026-03-01 08:00:00.000000','2026-03-01 08:01:00.000000','2026-03-01 08:00:00.000000','');
INSERT INTO "inboxes" VALUES('rent','2026-03-01 08:00:00.000000',NULL,NULL,'mail.example.org does not answer');
CREATE TABLE lead_contents (
	lead INTEGER NOT NULL, 
	payload TEXT, 
	fields TEXT, 
	CONSTRAINT pk_lead_contents PRIMARY KEY (lead), 
	CONSTRAINT fk_lead_contents_lead FOREIGN KEY(lead) REFERENCES leads (id)
);
INSERT INTO "lead_contents" VALUES(1,'{"sender_message":"Inquiry 1","date":1772352001}','{"sender_message":{"value":"Inquiry 1","span":[3,14]}}');
INSERT INTO "lead_contents" VALUES(2,'{"sender_message":"Inquiry 2","date":1772352002}','{"sender_message":{"value":"Inquiry 2","span":[3,14]}}');
INSERT INTO "lead_contents" VALUES(3,'{"sender_message":"Inquiry 3","date":1772352003}','{"sender_message":{"value":"Inquiry 3","span":[3,14]}}');
INSERT INTO "lead_contents" VALUES(4,'{"sender_message":"Inquiry 4","date":1772352004}','{"sender_message":{"value":"Inquiry 4","span":[3,14]}}');
INSERT INTO "lead_contents" VALUES(5,'{"sender_message":"Inquiry 5","date":1772352005}','{"sender_message":{"value":"Inquiry 5","span":[3,14]}}');
INSERT INTO "lead_contents" VALUES(6,'{"sender_message":"Inquiry 8","date":1772352008}','{"sender_message":{"value":"Inquiry 8","span":[3,14]}}');
INSERT INTO "lead_contents" VALUES(7,'{"sender_message":"Inquiry 9","date":1772352009}','{"sender_message":{"value":"Inquiry 9","span":[3,14]}}');
INSERT INTO "lead_contents" VALUES(8,'{"sender_message":"Inquiry 6","date":1772352006}','{"sender_message":{"value":"Inquiry 6","span":[3,14]}}');
INSERT INTO "lead_contents" VALUES(9,'{"sender_message":"Inquiry 7","date":1772352007}','{"sender_message":{"value":"Inquiry 7","span":[3,14]}}');
INSERT INTO "lead_contents" VALUES(10,'{"sender_message":"Inquiry 8","date":1772352008}','{"sender_message":{"value":"Inquiry 8","span":[3,14]}}');
INSERT INTO "lead_contents" VALUES(11,'{"sender_message":"Inquiry 1","date":1772352001}','{"sender_message":{"value":"Inquiry 1","span":[3,14]}}');
INSERT INTO "lead_contents" VALUES(12,'{"sender_message":"Inquiry 24","date":1772352024}','{"sender_message":{"value":"Inquiry 24","span":[3,14]}}');
INSERT INTO "lead_contents" VALUES(13,'{"sender_message":"Inquiry 27","date":1772352027}','{"sender_message":{"value":"Inquiry 27","span":[3,14]}}');
INSERT INTO "lead_contents" VALUES(14,'{"sender_message":"Inquiry 28","date":1772352028}','{"sender_message":{"value":"Inquiry 28","span":[3,14]}}');
CREATE TABLE leads (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	mail INTEGER NOT NULL, 
	part INTEGER NOT NULL, 
	state TEXT NOT NULL, 
	fingerprint TEXT NOT NULL, 
	remote_id TEXT NOT NULL, 
	duplicate_of INTEGER, 
	created DATETIME NOT NULL, 
	next_attempt DATETIME, 
	failures INTEGER NOT NULL, 
	resent BOOLEAN NOT NULL, 
	destination TEXT DEFAULT 'default' NOT NULL, 
	destination_kind TEXT DEFAULT 'realforce' NOT NULL, 
	CONSTRAINT uq_leads_mail UNIQUE (mail, part), 
	CONSTRAINT fk_leads_mail FOREIGN KEY(mail) REFERENCES mails (id)
);
INSERT INTO "leads" VALUES(1,1,1,'sent','fingerprint-1','4711',NULL,'2026-03-01 08:00:00.000000',NULL,0,0,'default','realforce');
INSERT INTO "leads" VALUES(2,2,1,'rejected','fingerprint-2','',NULL,'2026-03-01 08:00:00.000000',NULL,0,0,'default','realforce');
INSERT INTO "leads" VALUES(3,3,1,'deferred','fingerprint-3','',NULL,'2026-03-01 08:00:00.000000','2026-05-02 20:00:00.000000',1,0,'default','realforce');
INSERT INTO "leads" VALUES(4,4,1,'in_doubt','fingerprint-4','',NULL,'2026-03-01 08:00:00.000000','2026-05-02 20:00:00.000000',0,0,'default','realforce');
INSERT INTO "leads" VALUES(5,5,1,'in_doubt','fingerprint-5','',NULL,'2026-03-01 08:00:00.000000',NULL,0,0,'default','realforce');
INSERT INTO "leads" VALUES(6,6,1,'queued','fingerprint-8','',NULL,'2026-03-01 08:00:00.000000','2026-03-01 08:05:00.000000',0,0,'default','realforce');
INSERT INTO "leads" VALUES(7,7,1,'deferred','fingerprint-9','',NULL,'2026-03-01 08:00:00.000000','2026-05-02 20:00:00.000000',0,1,'default','realforce');
INSERT INTO "leads" VALUES(8,8,1,'sending','fingerprint-6','',NULL,'2026-03-01 08:01:00.000000',NULL,0,0,'default','realforce');
INSERT INTO "leads" VALUES(9,9,1,'queued','fingerprint-7','',NULL,'2026-03-01 08:01:00.000000',NULL,0,0,'default','realforce');
INSERT INTO "leads" VALUES(10,9,2,'queued','fingerprint-8','',NULL,'2026-03-01 08:01:00.000000',NULL,0,0,'default','realforce');
INSERT INTO "leads" VALUES(11,16,1,'duplicate','fingerprint-1','',1,'2026-03-01 08:03:00.000000',NULL,0,0,'default','realforce');
INSERT INTO "leads" VALUES(12,18,1,'queued','fingerprint-24','',NULL,'2026-03-01 08:03:00.000000',NULL,0,0,'default','realforce');
INSERT INTO "leads" VALUES(13,19,1,'sent','fingerprint-27','',NULL,'2026-03-01 08:00:00.000000',NULL,0,0,'crm','webhook');
INSERT INTO "leads" VALUES(14,20,1,'queued','fingerprint-28','',NULL,'2026-03-01 08:00:00.000000',NULL,0,0,'crm','webhook');
CREATE TABLE mail_contents (
	mail INTEGER NOT NULL, 
	text BLOB, 
	text_part TEXT NOT NULL, 
	raw BLOB, 
	CONSTRAINT pk_mail_contents PRIMARY KEY (mail), 
	CONSTRAINT fk_mail_contents_mail FOREIGN KEY(mail) REFERENCES mails (id)
);
INSERT INTO "mail_contents" VALUES(10,X'78012B49AD2879BBA001000E4003D3','',X'78012B4A2C57F8CF000008D1026A');
INSERT INTO "mail_contents" VALUES(11,X'78012B49AD2879BBA001000E4003D3','',X'78012B4A2C57F8CF000008D1026A');
INSERT INTO "mail_contents" VALUES(12,X'78012B49AD2879BBA001000E4003D3','',X'78012B4A2C57F8CF000008D1026A');
INSERT INTO "mail_contents" VALUES(13,X'78012B49AD2879BBA001000E4003D3','',X'78012B4A2C57F8CF000008D1026A');
CREATE TABLE mails (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	inbox TEXT NOT NULL, 
	folder TEXT NOT NULL, 
	uidvalidity BIGINT NOT NULL, 
	uid BIGINT NOT NULL, 
	identity TEXT NOT NULL, 
	message_id TEXT NOT NULL, 
	received DATETIME NOT NULL, 
	seen DATETIME NOT NULL, 
	size BIGINT NOT NULL, 
	decided TEXT NOT NULL, 
	outcome TEXT NOT NULL, 
	portal TEXT NOT NULL, 
	subject TEXT NOT NULL, 
	problems TEXT NOT NULL, 
	duplicate_of INTEGER, 
	marked TEXT NOT NULL, 
	mark_due BOOLEAN NOT NULL, 
	again BOOLEAN NOT NULL, 
	word TEXT DEFAULT '' NOT NULL, 
	emptied DATETIME, 
	CONSTRAINT uq_mails_uid UNIQUE (uid, uidvalidity, folder, inbox)
);
INSERT INTO "mails" VALUES(1,'sales','INBOX',7,1,'identity-1','m1@portal.example.org','2026-03-01 08:00:00.000000','2026-03-01 08:00:00.000000',2800,'lead','sent','portal.example.org','Inquiry 1','[]',NULL,'sent',0,0,'',NULL);
INSERT INTO "mails" VALUES(2,'sales','INBOX',7,2,'identity-2','m2@portal.example.org','2026-03-01 08:00:00.000000','2026-03-01 08:00:00.000000',2800,'lead','rejected','portal.example.org','Inquiry 2','[]',NULL,'',1,0,'',NULL);
INSERT INTO "mails" VALUES(3,'sales','INBOX',7,3,'identity-3','m3@portal.example.org','2026-03-01 08:00:00.000000','2026-03-01 08:00:00.000000',2800,'lead','deferred','portal.example.org','Inquiry 3','[]',NULL,'',0,0,'',NULL);
INSERT INTO "mails" VALUES(4,'sales','INBOX',7,4,'identity-4','m4@portal.example.org','2026-03-01 08:00:00.000000','2026-03-01 08:00:00.000000',2800,'lead','in_doubt','portal.example.org','Inquiry 4','[]',NULL,'',1,0,'',NULL);
INSERT INTO "mails" VALUES(5,'sales','INBOX',7,5,'identity-5','m5@portal.example.org','2026-03-01 08:00:00.000000','2026-03-01 08:00:00.000000',2800,'lead','in_doubt','portal.example.org','Inquiry 5','[]',NULL,'',1,0,'',NULL);
INSERT INTO "mails" VALUES(6,'sales','INBOX',7,8,'identity-8','m8@portal.example.org','2026-03-01 08:00:00.000000','2026-03-01 08:00:00.000000',2800,'lead','deferred','portal.example.org','Inquiry 8','[]',NULL,'',0,0,'',NULL);
INSERT INTO "mails" VALUES(7,'sales','INBOX',7,9,'identity-9','m9@portal.example.org','2026-03-01 08:00:00.000000','2026-03-01 08:00:00.000000',2800,'lead','deferred','portal.example.org','Inquiry 9','[]',NULL,'',0,0,'',NULL);
INSERT INTO "mails" VALUES(8,'sales','INBOX',7,6,'identity-6','m6@portal.example.org','2026-03-01 08:00:00.000000','2026-03-01 08:01:00.000000',2800,'lead','deferred','portal.example.org','Inquiry 6','[]',NULL,'',0,0,'',NULL);
INSERT INTO "mails" VALUES(9,'sales','INBOX',7,7,'identity-7','m7@portal.example.org','2026-03-01 08:00:00.000000','2026-03-01 08:01:00.000000',2800,'lead','deferred','portal.example.org','Inquiry 7','[]',NULL,'',0,0,'',NULL);
INSERT INTO "mails" VALUES(10,'sales','Leads/Review',9,1,'identity-10','m10@portal.example.org','2026-03-01 08:00:00.000000','2026-03-01 08:02:00.000000',2800,'incomplete','incomplete','','Inquiry 10','[{"file":"homegate.yaml","line":3,"column":5,"key":"fields","code":"no-reference","text":"No reference was found.","remedy":"Mend the rule."}]',NULL,'review',0,0,'',NULL);
INSERT INTO "mails" VALUES(11,'sales','INBOX',7,11,'identity-11','m11@portal.example.org','2026-03-01 08:00:00.000000','2026-03-01 08:02:00.000000',2800,'ambiguous','ambiguous','','Inquiry 11','[{"file":"homegate.yaml","line":3,"column":5,"key":"fields","code":"no-reference","text":"No reference was found.","remedy":"Mend the rule."}]',NULL,'',1,1,'',NULL);
INSERT INTO "mails" VALUES(12,'sales','INBOX',7,12,'identity-12','m12@portal.example.org','2026-03-01 08:00:00.000000','2026-03-01 08:02:00.000000',2800,'untrusted','untrusted','','Inquiry 12','[{"file":"homegate.yaml","line":3,"column":5,"key":"fields","code":"no-reference","text":"No reference was found.","remedy":"Mend the rule."}]',NULL,'',1,0,'',NULL);
INSERT INTO "mails" VALUES(13,'sales','INBOX',7,13,'identity-13','m13@portal.example.org','2026-03-01 08:00:00.000000','2026-03-01 08:02:00.000000',2800,'unreadable','unreadable','','Inquiry 13','[{"file":"homegate.yaml","line":3,"column":5,"key":"fields","code":"no-reference","text":"No reference was found.","remedy":"Mend the rule."}]',NULL,'',1,0,'',NULL);
INSERT INTO "mails" VALUES(14,'sales','INBOX',7,20,'identity-20','m20@portal.example.org','2026-03-01 08:00:00.000000','2026-03-01 08:03:00.000000',2800,'ignored','ignored','','Newsletter – Köln 👋�','[]',NULL,'',1,0,'',NULL);
INSERT INTO "mails" VALUES(15,'sales','INBOX',7,21,'identity-21','','2026-03-01 08:00:00.000000','2026-03-01 08:03:00.000000',2800,'unmatched','unmatched','','Inquiry 21','[]',NULL,'',1,0,'',NULL);
INSERT INTO "mails" VALUES(16,'sales','INBOX',7,22,'identity-22','m22@portal.example.org','2026-03-01 08:00:00.000000','2026-03-01 08:03:00.000000',2800,'duplicate','duplicate','portal.example.org','Inquiry 22','[]',NULL,'',1,0,'',NULL);
INSERT INTO "mails" VALUES(17,'sales','INBOX',7,23,'identity-23','m23@portal.example.org','2026-03-01 08:00:00.000000','2026-03-01 08:03:00.000000',2800,'duplicate','duplicate','','Inquiry 23','[]',1,'',1,0,'',NULL);
INSERT INTO "mails" VALUES(18,'rent','Portals/À louer',7,1,'identity-1','m1@portal.example.org','2026-03-01 08:00:00.000000','2026-03-01 08:03:00.000000',2800,'lead','deferred','portal.example.org','Inquiry 1','[]',NULL,'',0,0,'',NULL);
INSERT INTO "mails" VALUES(19,'sales','INBOX',7,27,'identity-27','m27@portal.example.org','2026-03-01 08:00:00.000000','2026-03-01 08:00:00.000000',2800,'lead','sent','portal.example.org','Inquiry 27','[]',NULL,'',1,0,'',NULL);
INSERT INTO "mails" VALUES(20,'sales','INBOX',7,28,'identity-28','m28@portal.example.org','2026-03-01 08:00:00.000000','2026-03-01 08:00:00.000000',2800,'lead','deferred','portal.example.org','Inquiry 28','[]',NULL,'',0,0,'',NULL);
INSERT INTO "mails" VALUES(21,'sales','INBOX',7,25,'identity-25','m25@portal.example.org','2026-03-01 08:00:00.000000','2026-03-01 08:00:00.000000',2800,'incomplete','ignored','','Inquiry 25','[]',NULL,'',1,0,'not_sent',NULL);
INSERT INTO "mails" VALUES(22,'sales','INBOX',7,26,'identity-26','','2026-03-01 08:00:00.000000','2026-03-01 08:00:00.000000',2800,'ambiguous','sent','','','[]',NULL,'',1,0,'sent','2026-03-01 08:07:00.000000');
CREATE INDEX mails_to_mark ON mails (inbox, id) WHERE mark_due = 1;
CREATE INDEX mails_identity ON mails (identity);
CREATE INDEX mails_message_id ON mails (message_id);
CREATE INDEX mails_counts ON mails (outcome, portal, seen);
CREATE INDEX mails_again ON mails (inbox, id) WHERE again = 1;
CREATE INDEX mails_portal ON mails (portal, received, inbox, decided) WHERE portal <> '' AND decided <> 'ignored';
CREATE INDEX leads_unsettled ON leads (destination, destination_kind, id, state, next_attempt, created) WHERE state IN ('queued', 'sending', 'deferred', 'in_doubt');
CREATE INDEX leads_fingerprint ON leads (fingerprint);
CREATE INDEX acts_mail ON acts (mail);
CREATE INDEX attempts_lead ON attempts (lead);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('mails',22);
INSERT INTO "sqlite_sequence" VALUES('leads',14);
COMMIT;
