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
CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY);
INSERT INTO "alembic_version" VALUES('0003');
CREATE TABLE alerts (
	kind TEXT NOT NULL, 
	portal TEXT NOT NULL, 
	inbox TEXT NOT NULL, 
	noticed DATETIME NOT NULL, 
	absent DATETIME, 
	over DATETIME, 
	told DATETIME, 
	tellings INTEGER NOT NULL, 
	spells INTEGER NOT NULL, 
	count INTEGER NOT NULL, 
	detail TEXT NOT NULL, 
	channels TEXT NOT NULL, 
	CONSTRAINT pk_alerts PRIMARY KEY (kind, portal, inbox)
);
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
INSERT INTO "attempts" VALUES(1,1,'2026-11-23 05:49:45.114175','2026-11-23 05:49:45.117885','sent',200,'accepted');
INSERT INTO "attempts" VALUES(2,2,'2026-11-23 05:49:45.118034','2026-11-23 05:49:45.121287','sent',200,'accepted');
INSERT INTO "attempts" VALUES(3,4,'2026-11-23 05:49:46.261206','2026-11-23 05:49:46.264856','deferred',503,'the server failed: Told to answer 503.');
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
INSERT INTO "cursors" VALUES('sales','INBOX',1795412983,9,7,'2000-01-01 00:00:00.000000','2026-11-23 05:49:44.823892');
CREATE TABLE inboxes (
	inbox TEXT NOT NULL, 
	last_poll DATETIME, 
	last_success DATETIME, 
	last_mail DATETIME, 
	error TEXT NOT NULL, 
	CONSTRAINT pk_inboxes PRIMARY KEY (inbox)
);
INSERT INTO "inboxes" VALUES('sales','2026-11-23 05:49:45.973250','2026-11-23 05:49:46.268510','2026-11-23 05:49:45.000000','');
CREATE TABLE lead_contents (
	lead INTEGER NOT NULL, 
	payload TEXT, 
	fields TEXT, 
	CONSTRAINT pk_lead_contents PRIMARY KEY (lead), 
	CONSTRAINT fk_lead_contents_lead FOREIGN KEY(lead) REFERENCES leads (id)
);
INSERT INTO "lead_contents" VALUES(1,'{"sender_message":"Bonjour, la visite num\u00e9ro 1 est-elle possible ?\n\n--\nE-mail : visitor1@example.org","date":1793693722,"sender_firstname":"Prune1","sender_lastname":"Essai","sender_email":"visitor1@example.org","sender_mail":"visitor1@example.org","property_reference":"A1.B2.0003"}','{"sender_firstname":{"value":"Prune1","raw":"Prune1","source":"text","span":[192,198],"pattern":"mailbridge/portals/homegate.ch.yaml:35:43"},"sender_lastname":{"value":"Essai","raw":"Essai","source":"text","span":[204,209],"pattern":"mailbridge/portals/homegate.ch.yaml:36:43"},"sender_email":{"value":"visitor1@example.org","raw":"visitor1@example.org","source":"text","span":[218,238],"pattern":"mailbridge/portals/homegate.ch.yaml:37:43"},"sender_message":{"value":"Bonjour, la visite num\u00e9ro 1 est-elle possible ?","raw":"Bonjour, la visite num\u00e9ro 1 est-elle possible ?","source":"text","span":[251,298],"pattern":"mailbridge/portals/homegate.ch.yaml:39:26"},"property_reference":{"value":"A1.B2.0003","raw":"[A1.B2.0003]","source":"text","span":[64,76],"pattern":"mailbridge/portals/homegate.ch.yaml:41:47"},"listing_link":{"value":"https://www.homegate.ch/louer/4000000001","raw":"https://www.homegate.ch/louer/4000000001","source":"text","span":[77,117],"pattern":"mailbridge/portals/homegate.ch.yaml:42:45"}}');
INSERT INTO "lead_contents" VALUES(2,'{"sender_message":"May I see it?\n\n--\nE-mail : homes2@example.org\nT\u00e9l\u00e9phone : +41790000002","date":1793693722,"sender_firstname":"Prune","sender_lastname":"Essai","sender_email":"homes2@example.org","sender_mail":"homes2@example.org","sender_number":"+41790000002","property_reference":"H-2"}','{"sender_firstname":{"value":"Prune","raw":"Prune","source":"text","span":[37,42],"pattern":"/portals/homes.yaml:14:43"},"sender_lastname":{"value":"Essai","raw":"Essai","source":"text","span":[49,54],"pattern":"/portals/homes.yaml:15:43"},"sender_email":{"value":"homes2@example.org","raw":"homes2@example.org","source":"text","span":[61,79],"pattern":"/portals/homes.yaml:16:38"},"sender_number":{"value":"+41 79 000 00 02","raw":"+41 79 000 00 02","source":"text","span":[87,103],"pattern":"/portals/homes.yaml:17:39"},"sender_message":{"value":"May I see it?","raw":"May I see it?","source":"text","span":[114,127],"pattern":"/portals/homes.yaml:18:24"},"property_reference":{"value":"H-2","raw":"H-2","source":"text","span":[11,14],"pattern":"/portals/homes.yaml:19:34"}}');
INSERT INTO "lead_contents" VALUES(3,'{"sender_message":"Bonjour, la visite num\u00e9ro 1 est-elle possible ?\n\n--\nE-mail : visitor1@example.org","date":1793693722,"sender_firstname":"Prune1","sender_lastname":"Essai","sender_email":"visitor1@example.org","sender_mail":"visitor1@example.org","property_reference":"A1.B2.0003"}','{"sender_firstname":{"value":"Prune1","raw":"Prune1","source":"text","span":[192,198],"pattern":"mailbridge/portals/homegate.ch.yaml:35:43"},"sender_lastname":{"value":"Essai","raw":"Essai","source":"text","span":[204,209],"pattern":"mailbridge/portals/homegate.ch.yaml:36:43"},"sender_email":{"value":"visitor1@example.org","raw":"visitor1@example.org","source":"text","span":[218,238],"pattern":"mailbridge/portals/homegate.ch.yaml:37:43"},"sender_message":{"value":"Bonjour, la visite num\u00e9ro 1 est-elle possible ?","raw":"Bonjour, la visite num\u00e9ro 1 est-elle possible ?","source":"text","span":[251,298],"pattern":"mailbridge/portals/homegate.ch.yaml:39:26"},"property_reference":{"value":"A1.B2.0003","raw":"[A1.B2.0003]","source":"text","span":[64,76],"pattern":"mailbridge/portals/homegate.ch.yaml:41:47"},"listing_link":{"value":"https://www.homegate.ch/louer/4000000001","raw":"https://www.homegate.ch/louer/4000000001","source":"text","span":[77,117],"pattern":"mailbridge/portals/homegate.ch.yaml:42:45"}}');
INSERT INTO "lead_contents" VALUES(4,'{"sender_message":"Bonjour, la visite num\u00e9ro 4 est-elle possible ?\n\n--\nE-mail : visitor4@example.org","date":1793693722,"sender_firstname":"Prune4","sender_lastname":"Essai","sender_email":"visitor4@example.org","sender_mail":"visitor4@example.org","property_reference":"A1.B2.0003"}','{"sender_firstname":{"value":"Prune4","raw":"Prune4","source":"text","span":[192,198],"pattern":"mailbridge/portals/homegate.ch.yaml:35:43"},"sender_lastname":{"value":"Essai","raw":"Essai","source":"text","span":[204,209],"pattern":"mailbridge/portals/homegate.ch.yaml:36:43"},"sender_email":{"value":"visitor4@example.org","raw":"visitor4@example.org","source":"text","span":[218,238],"pattern":"mailbridge/portals/homegate.ch.yaml:37:43"},"sender_message":{"value":"Bonjour, la visite num\u00e9ro 4 est-elle possible ?","raw":"Bonjour, la visite num\u00e9ro 4 est-elle possible ?","source":"text","span":[251,298],"pattern":"mailbridge/portals/homegate.ch.yaml:39:26"},"property_reference":{"value":"A1.B2.0003","raw":"[A1.B2.0003]","source":"text","span":[64,76],"pattern":"mailbridge/portals/homegate.ch.yaml:41:47"},"listing_link":{"value":"https://www.homegate.ch/louer/4000000001","raw":"https://www.homegate.ch/louer/4000000001","source":"text","span":[77,117],"pattern":"mailbridge/portals/homegate.ch.yaml:42:45"}}');
INSERT INTO "lead_contents" VALUES(5,'{"sender_message":"May I see it?\n\n--\nE-mail : homes5@example.org\nT\u00e9l\u00e9phone : +41790000005","date":1793693722,"sender_firstname":"Prune","sender_lastname":"Essai","sender_email":"homes5@example.org","sender_mail":"homes5@example.org","sender_number":"+41790000005","property_reference":"H-5"}','{"sender_firstname":{"value":"Prune","raw":"Prune","source":"text","span":[37,42],"pattern":"/portals/homes.yaml:14:43"},"sender_lastname":{"value":"Essai","raw":"Essai","source":"text","span":[49,54],"pattern":"/portals/homes.yaml:15:43"},"sender_email":{"value":"homes5@example.org","raw":"homes5@example.org","source":"text","span":[61,79],"pattern":"/portals/homes.yaml:16:38"},"sender_number":{"value":"+41 79 000 00 05","raw":"+41 79 000 00 05","source":"text","span":[87,103],"pattern":"/portals/homes.yaml:17:39"},"sender_message":{"value":"May I see it?","raw":"May I see it?","source":"text","span":[114,127],"pattern":"/portals/homes.yaml:18:24"},"property_reference":{"value":"H-5","raw":"H-5","source":"text","span":[11,14],"pattern":"/portals/homes.yaml:19:34"}}');
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
	CONSTRAINT uq_leads_mail UNIQUE (mail, part), 
	CONSTRAINT fk_leads_mail FOREIGN KEY(mail) REFERENCES mails (id)
);
INSERT INTO "leads" VALUES(1,1,1,'sent','5554a8c3330e182e79c35aac5d990056a1e1fc72367d0c49bd1e45220b33ae0f','sandbox-1',NULL,'2026-11-23 05:49:44.834809',NULL,0,0);
INSERT INTO "leads" VALUES(2,2,1,'sent','1bc2f888f0fd92ed180259434d3170783349a460adb61399af9fd2b98d74238b','sandbox-2',NULL,'2026-11-23 05:49:44.834809',NULL,0,0);
INSERT INTO "leads" VALUES(3,6,1,'duplicate','5554a8c3330e182e79c35aac5d990056a1e1fc72367d0c49bd1e45220b33ae0f','',1,'2026-11-23 05:49:44.834809',NULL,0,0);
INSERT INTO "leads" VALUES(4,7,1,'deferred','e30160ac24240923f898373322f577a3307ad98505ae38aac18206f45291f9b6','',NULL,'2026-11-23 05:49:46.022701','2026-11-23 05:49:50.396332',1,0);
INSERT INTO "leads" VALUES(5,8,1,'queued','3e9e94e0f2882fe49a2bebf0523e29d6a727c891f1c3b4eb4cff61c78670ebbb','',NULL,'2026-11-23 05:49:46.022701',NULL,0,0);
CREATE TABLE mail_contents (
	mail INTEGER NOT NULL, 
	text BLOB, 
	text_part TEXT NOT NULL, 
	raw BLOB, 
	CONSTRAINT pk_mail_contents PRIMARY KEY (mail), 
	CONSTRAINT fk_mail_contents_mail FOREIGN KEY(mail) REFERENCES mails (id)
);
INSERT INTO "mail_contents" VALUES(1,X'7801258F4D4EC3301046F73EC5ECD8D0242EACBC81160A1B0415EA0EB1709B217165CF44FE493812E11ABE184E99D5A7D1D3CCFB1E3144433A6AE351894D8774426811AC8627A6B226146FC7334668AF0CC53CFBFC1B9578CFF357C90BADE06323ABEDBA6A9AE6E653F4310E41D5F5344D55CF0E3B1DB13AF5B5E584BEBE2DD065A478E8D1198236C1A138801472DD34F08C947F46142F1A06F48189104232A3A688B070FF1218429E8BF0DEE799D829D8FB4428C5EB9277216823762BA78D55309A60227B798FDFDA0D162BF69D3830812B47748762CB74E6E4AF97CE171881922BED18E4F27285D6220C1C82399670F707C2FA6DF4','text',NULL);
INSERT INTO "mail_contents" VALUES(2,X'78011DCCC10AC2301004D0FB7EC5DEA5124B41CC45412A7AA814FF2094B10D341BC946D0BF77F1303030BC79E0890299E0F9DAB444E72C354CD5D32516AD2C21D93296B780EEFFDEAB86484388ABE72527687BC227A4D78A6D2E338D4B16139B6EC7FB033BE72CECEC7880C119DEE8976FAC00C77AFC0121282709','text',NULL);
INSERT INTO "mail_contents" VALUES(5,X'7801258F4D4EC3301085F73EC5ECD894FC34ACB2412D5036082AD41D62E1368FC455328E3C767225C2357C311C98D5D3E8D3D3F71E21DEB0F6DA38D46AD7822FA006D46B3A584E6F867A3B5FE1A9B931ECE3E2E28FAFD57B5CBE525EE99A3E7665B6DF664551549FAAF37E943ACFE779CE3A3BA0D51ED9A5CB7B1BE0F2BB04FD5DA91E3A0C86A909744A0E54AA725B14F40C8EDF13D48BA6114E2C33488299347BD0CAFD4B40242E49F8E8E2C276A8E9E802A352AF6B7E12D1469D2CD39038DD42ED2D5F6D709B75D664C4A42E0E431A60A95A5B6FD1F7A0D18A98730AF7BFF2FC639C','text',X'78014D91CB6EDB301045F702F80F836CBA68F46E0B837D39699C224093068DD14DD1052D8D2D06D250E5438EFFA8EE6FE8C73A4C1020DC511CDD7BEE9D4B6B060977482D5AF8A0C9A345E7B15D7666C09DF29835DD2791AC8D841E55EB966A87D41C327C50C3D8A348EEC2E61E1B2FE1C68409FB1EA1C541B19C482EF87709EB80A750D4FC3E415554EFA058C8F2ADAC2A785DF011C9353AC7AAE9D5858C047F82B687B45E7AE678B661822F86D9C8A7EBC3C8A21E1F7C3EF64AD37B683A651DFA8F27C16FD3C5C98B51ABC86DD1A62B6A4CAB692761B1D19E1DAFAE57E94FB44E1B9250660CC1B4ECA74979A52D4A919CC59C310CF40A2ED99CBD38D3774EEBA17DC54DCD473BFFF33CFA633E6EF912E725FC3A2BB3F32AE364F56F9174DE8F4EE6F97EBFCF5E349AF726A0CDDFC402E22919BAC34113B401D60C02FCA5AC8A02BE22CD7F2736FEA66064624384E0829E14D70171F289843B9C8F91FBD6CE478A3BBDB581B016C94DBCACB8621DD748303CD52D927343F726D8D31870D24EB31E85818318A8A372FAB8CDD138A737BCD6CF22F90F0C0BB9CA');
INSERT INTO "mail_contents" VALUES(6,X'7801258F4D4EC3301046F73EC5ECD8D0242EACBC81160A1B0415EA0EB1709B217165CF44FE493812E11ABE184E99D5A7D1D3CCFB1E3144433A6AE351894D8774426811AC8627A6B226146FC7334668AF0CC53CFBFC1B9578CFF357C90BADE06323ABEDBA6A9AE6E653F4310E41D5F5344D55CF0E3B1DB13AF5B5E584BEBE2DD065A478E8D1198236C1A138801472DD34F08C947F46142F1A06F48189104232A3A688B070FF1218429E8BF0DEE799D829D8FB4428C5EB9277216823762BA78D55309A60227B798FDFDA0D162BF69D3830812B47748762CB74E6E4AF97CE171881922BED18E4F27285D6220C1C82399670F707C2FA6DF4','text',NULL);
INSERT INTO "mail_contents" VALUES(7,X'7801258FBB52C33010457B7DC57634C48FE04A0D24106818C830E9180A25DED8CA48BB1E3D6C3E09F31BFA31E4B0D59D9D33BBE73EA10F9A5450DAA1149B0EE984D0221805CF4C794D28DE8F170CD0DE680A6976E93748F191E673CE0B2DE1735317DB755155D5DD97E84318BC2CCB699A8A9E2D762A6071EA4BC3115DD964E83AB578ECD16A8236C2213B402DEA7555C10B52FA1951BC2A18D0792642F0518F8A02C2C2FD4BA0F769CEC27B9766622B61EF226123DE96BCF35E69B15B59A58D84517B1DD8350FF8ADEC60B060D7890313D87C447528B64C178EEE76E97C851128DADC8EA1595EAED0188481BDD7C71CEEFF00C5496DFD','text',NULL);
INSERT INTO "mail_contents" VALUES(8,X'78011DCCC10AC2301004D0FB7EC5DE458960117351908A3D548A7F10CAD8069A8D6453D0BF77F1303030BC79E2850219E1F9BE6D88AE596A18ABA75B2C5A5942B26528AB801EFFDEAA86487D888BE739276873C127A4F7825D2E130D7316139BC39E8F2776CE59D8D9710F8313BCD12F77AC00C77AFE0123802712','text',NULL);
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
INSERT INTO "mails" VALUES(1,'sales','INBOX',1795412983,1,'d2d4b09def70e2d9590629b74d1d09e280aec548c2318001e8c3a4a460015d84','inquiry-1@test.example','2026-11-23 05:49:43.000000','2026-11-23 05:49:44.834809',587,'lead','sent','homegate.ch','Nouvelle demande','[]',NULL,'sent',0,0,'',NULL);
INSERT INTO "mails" VALUES(2,'sales','INBOX',1795412983,2,'40004ce2b336c143545460c6e6eeb2ede0eda3f79a608684ff83c5ee7f9b8e7b','homes-2@test.example','2026-11-23 05:49:43.000000','2026-11-23 05:49:44.834809',390,'lead','sent','homes.example','Inquiry','[]',NULL,'sent',0,0,'',NULL);
INSERT INTO "mails" VALUES(3,'sales','INBOX',1795412983,3,'4630333e13457fe9a45bf09dde6f8e34dd60effe6a2441c7572b5e6bb029ddd3','newsletter@test.example','2026-11-23 05:49:43.000000','2026-11-23 05:49:44.834809',283,'ignored','ignored','homegate.ch','Newsletter','[{"code":"ignored-by","text":"No inquiry: mailbridge/portals/homegate.ch.yaml:11:5 says so."}]',NULL,'ignored',0,0,'',NULL);
INSERT INTO "mails" VALUES(4,'sales','INBOX',1795412983,4,'22bc3485659d93e5bec04c03b7d50b065751c5c27aaaae866aaa93bdd74ae4f4','private@test.example','2026-11-23 05:49:43.000000','2026-11-23 05:49:44.834809',271,'unmatched','unmatched','','','[]',NULL,'ignored',0,0,'',NULL);
INSERT INTO "mails" VALUES(5,'sales','INBOX',1795412983,5,'d8e1116149dab3309366bc0c13b3bfd5d3d81bc0c7f9abb358b0bdc9b1b87664','inquiry-3@test.example','2026-11-23 05:49:43.000000','2026-11-23 05:49:44.834809',557,'incomplete','incomplete','homegate.ch','Nouvelle demande','[{"code":"missing-contact","text":"The portal''s rule requires an e-mail address or a phone number; the mail has none, or none that can be used."}]',NULL,'review',0,0,'',NULL);
INSERT INTO "mails" VALUES(6,'sales','INBOX',1795412983,6,'645e228dada516311cfd6c88183d050bce3cdb3fd9c095b499a00aab7ef59c16','inquiry-1-again@test.example','2026-11-23 05:49:43.000000','2026-11-23 05:49:44.834809',593,'duplicate','duplicate','homegate.ch','Nouvelle demande','[{"code":"same-inquiry","text":"The same inquiry as mail 1."}]',NULL,'sent',0,0,'',NULL);
INSERT INTO "mails" VALUES(7,'sales','INBOX',1795412983,7,'7ccd2d338a8a577149ed33b6586bedc72e4f00543afb1170c234fb460538a701','inquiry-4@test.example','2026-11-23 05:49:45.000000','2026-11-23 05:49:46.022701',587,'lead','deferred','homegate.ch','Nouvelle demande','[]',NULL,'',0,0,'',NULL);
INSERT INTO "mails" VALUES(8,'sales','INBOX',1795412983,8,'1d6bf65c9acfd55a2f20c5178548af194c194562228fa73b10600058e9f0c04e','homes-5@test.example','2026-11-23 05:49:45.000000','2026-11-23 05:49:46.022701',390,'lead','deferred','homes.example','Inquiry','[]',NULL,'',0,0,'',NULL);
CREATE INDEX mails_message_id ON mails (message_id);
CREATE INDEX mails_identity ON mails (identity);
CREATE INDEX mails_to_mark ON mails (inbox, id) WHERE mark_due = 1;
CREATE INDEX mails_again ON mails (inbox, id) WHERE again = 1;
CREATE INDEX mails_portal ON mails (portal, received, inbox, decided) WHERE portal <> '' AND decided <> 'ignored';
CREATE INDEX mails_counts ON mails (outcome, portal, seen);
CREATE INDEX leads_unsettled ON leads (id, state, next_attempt, created) WHERE state IN ('queued', 'sending', 'deferred', 'in_doubt');
CREATE INDEX leads_fingerprint ON leads (fingerprint);
CREATE INDEX acts_mail ON acts (mail);
CREATE INDEX attempts_lead ON attempts (lead);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('mails',8);
INSERT INTO "sqlite_sequence" VALUES('leads',5);
COMMIT;
