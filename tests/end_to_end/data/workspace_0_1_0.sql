BEGIN TRANSACTION;
CREATE TABLE "_sqlite_migrations" (
   "id" INTEGER PRIMARY KEY,
   "migration_set" TEXT,
   "name" TEXT,
   "applied_at" TEXT
);
INSERT INTO "_sqlite_migrations" VALUES(1,'orca_local','0001_initial','2026-11-30 11:38:19.533614+00:00');
INSERT INTO "_sqlite_migrations" VALUES(2,'orca_local','0002_teaching','2026-11-30 11:38:19.534803+00:00');
INSERT INTO "_sqlite_migrations" VALUES(3,'orca_local','0003_review','2026-11-30 11:38:19.540034+00:00');
INSERT INTO "_sqlite_migrations" VALUES(4,'orca_local','0004_likelihoods','2026-11-30 11:38:19.540333+00:00');
INSERT INTO "_sqlite_migrations" VALUES(5,'orca_local','0005_batches','2026-11-30 11:38:19.540611+00:00');
CREATE TABLE adapters (
  id INTEGER PRIMARY KEY, training_id INTEGER REFERENCES trainings(id), path TEXT NOT NULL,
  sha256 TEXT NOT NULL, weights_sha256 TEXT NOT NULL, step INTEGER NOT NULL, validation_loss REAL,
  position INTEGER NOT NULL, created_at TEXT NOT NULL, UNIQUE (sha256, path)
) STRICT;
INSERT INTO "adapters" VALUES(1,1,'/home/user/workspace/adapters/506aafa53a1111f7/adapter','008aff3cce89dfee90adcfac9c99b5ce66c99f09f585c5a0bb77710995f9d5a9','0736652a1b6b81567210bd7c150461fb8f2a9062cfe5aa059c0de52fed1ab9d2',2,1.06045458244554922087e+01,1,'2026-11-30T11:38:32.808+00:00');
CREATE TABLE batch_calls (
  batch_id INTEGER NOT NULL REFERENCES batches(id), call_key TEXT NOT NULL REFERENCES teacher_calls(key),
  sample_id TEXT NOT NULL REFERENCES samples(id), strategy TEXT NOT NULL, hinted INTEGER NOT NULL,
  charge_id INTEGER NOT NULL REFERENCES charges(id), PRIMARY KEY (batch_id, call_key)
) STRICT, WITHOUT ROWID;
CREATE TABLE batches (
  id INTEGER PRIMARY KEY, mark TEXT NOT NULL UNIQUE, endpoint TEXT NOT NULL, model TEXT NOT NULL,
  remote_id TEXT NOT NULL, state TEXT NOT NULL CHECK (state IN ('submitting', 'open', 'done')),
  created_at TEXT NOT NULL, finished_at TEXT
) STRICT;
CREATE TABLE charges (
  id INTEGER PRIMARY KEY, run_id INTEGER NOT NULL REFERENCES runs(id),
  call_key TEXT NOT NULL REFERENCES teacher_calls(key), reserved_usd REAL NOT NULL, cost_usd REAL,
  created_at TEXT NOT NULL, settled_at TEXT
) STRICT;
INSERT INTO "charges" VALUES(1,3,'8c9b760ddcb29ad2666f19a04ea5a87b80f0713e2c3e05a56689e4456506441a',0.0,0.0,'2026-11-30T11:38:24.974+00:00','2026-11-30T11:38:24.985+00:00');
INSERT INTO "charges" VALUES(2,3,'352fdc5f5416e78597079a0efd377fc20db4872ed24cc4b61f7ce9a8b1ed0010',0.0,0.0,'2026-11-30T11:38:24.974+00:00','2026-11-30T11:38:24.985+00:00');
INSERT INTO "charges" VALUES(3,3,'a5dc2bf0df4ec5d2521b0dba88323f16fb88698b34dab5aeb41715f62b7b8d10',0.0,0.0,'2026-11-30T11:38:24.974+00:00','2026-11-30T11:38:24.985+00:00');
INSERT INTO "charges" VALUES(4,3,'836e254353486e4f73118708fdc7e07d777ba16796b2b28bfbcfe4696e31af59',0.0,0.0,'2026-11-30T11:38:24.974+00:00','2026-11-30T11:38:24.985+00:00');
INSERT INTO "charges" VALUES(5,3,'aa7a9db76d6d050cccf48cca6a58a01277022d505fb2c5bb17c6625f7e52dce3',0.0,0.0,'2026-11-30T11:38:24.974+00:00','2026-11-30T11:38:24.985+00:00');
INSERT INTO "charges" VALUES(6,3,'3a14f9680fef0fa7d2034b4a73a6e8c43cd0b03b43022d968f95a6313b44fc5a',0.0,0.0,'2026-11-30T11:38:24.974+00:00','2026-11-30T11:38:24.985+00:00');
INSERT INTO "charges" VALUES(7,3,'9c03efc6fcb4a81485a51566ab20e0fa1365ff9f78b9e6349723da4fd4def0c9',0.0,0.0,'2026-11-30T11:38:24.974+00:00','2026-11-30T11:38:24.985+00:00');
INSERT INTO "charges" VALUES(8,3,'64c62ab7b80e7d376a9c3a2c32c02edaf61fd8f77f57856599a5a9d0c8b47abe',0.0,0.0,'2026-11-30T11:38:24.979+00:00','2026-11-30T11:38:24.985+00:00');
INSERT INTO "charges" VALUES(9,3,'e9b8b9a6dbc5c2f4174f84a9c9d96f2203c90a2e609a4fdd8069f2bc0264d51d',0.0,0.0,'2026-11-30T11:38:24.979+00:00','2026-11-30T11:38:24.986+00:00');
INSERT INTO "charges" VALUES(10,3,'1fdaa05582a682e19ff9b7102213688beef5de31eae84445d356a0c5ef668271',0.0,0.0,'2026-11-30T11:38:24.979+00:00','2026-11-30T11:38:24.986+00:00');
INSERT INTO "charges" VALUES(11,3,'dcba7b1a22a04ff4499687566596f4a7a5ebd53ebcc34b96b68a2840f7ae254e',0.0,0.0,'2026-11-30T11:38:24.979+00:00','2026-11-30T11:38:24.986+00:00');
INSERT INTO "charges" VALUES(12,3,'d3b2fbd354cd4bbe2af81f22f466851eb807baa67f6fc6697aa0eda0a21107c3',0.0,0.0,'2026-11-30T11:38:24.979+00:00','2026-11-30T11:38:24.986+00:00');
INSERT INTO "charges" VALUES(13,3,'38eed85a510458a30a21845b36f802a5f20aff124a713c54465f507b2bf8e08b',0.0,0.0,'2026-11-30T11:38:24.979+00:00','2026-11-30T11:38:24.986+00:00');
INSERT INTO "charges" VALUES(14,3,'c983e381141354b3bf24daf5a8a57f7e6628f136c61857ba7284f5d3fc0b7697',0.0,0.0,'2026-11-30T11:38:24.979+00:00','2026-11-30T11:38:24.986+00:00');
INSERT INTO "charges" VALUES(15,3,'afd934c71b0d9f8378207c5c26c0ad12c6db0bc571ce3cddfd640f8cc8df7e0a',0.0,0.0,'2026-11-30T11:38:24.979+00:00','2026-11-30T11:38:24.986+00:00');
INSERT INTO "charges" VALUES(16,3,'65f52de2d6e46e5151462142249dd0e29f2d6845f0a9bebc96a892e748a258b0',0.0,0.0,'2026-11-30T11:38:24.979+00:00','2026-11-30T11:38:24.986+00:00');
INSERT INTO "charges" VALUES(17,3,'534ccee71e7b0c87d616be411bbf626c93e126de2dfb202cae6dbb6376dd3773',0.0,0.0,'2026-11-30T11:38:24.979+00:00','2026-11-30T11:38:24.986+00:00');
INSERT INTO "charges" VALUES(18,3,'646482d6e709676f71d0c1ed4513deb2a5103d8e50c7c5212f9fe5a1a51cabcd',0.0,0.0,'2026-11-30T11:38:24.979+00:00','2026-11-30T11:38:24.986+00:00');
INSERT INTO "charges" VALUES(19,3,'56da17d01e72d6e985157cc2b7aea8f7372ab64d405bb4ee76982604da502258',0.0,0.0,'2026-11-30T11:38:24.979+00:00','2026-11-30T11:38:24.986+00:00');
INSERT INTO "charges" VALUES(20,3,'f01efc9e249d6bd350d17c2732f019baa712cc0c9caa52c3b76e3abe12cf3c15',0.0,0.0,'2026-11-30T11:38:24.979+00:00','2026-11-30T11:38:24.986+00:00');
INSERT INTO "charges" VALUES(21,3,'7b67b15e2417a56d3ca0a143ccc468a3dc5d9ed369a6a241fe6f89ce7b6338dd',0.0,0.0,'2026-11-30T11:38:24.979+00:00','2026-11-30T11:38:24.986+00:00');
INSERT INTO "charges" VALUES(22,3,'4cc9c143435603060c038d67685923729880da56518117b0880fb4aad6ed3db3',0.0,0.0,'2026-11-30T11:38:24.979+00:00','2026-11-30T11:38:24.991+00:00');
INSERT INTO "charges" VALUES(23,3,'106ee0dd29b9843fa6692504f345aeaaba9162794a1cfc493bfd8ddbd52699d0',0.0,0.0,'2026-11-30T11:38:24.979+00:00','2026-11-30T11:38:24.991+00:00');
INSERT INTO "charges" VALUES(24,3,'d1092c24e5db4a041b2cb5e0ce4109b73932480956601b32a4d62a616abc1e98',0.0,0.0,'2026-11-30T11:38:24.979+00:00','2026-11-30T11:38:24.992+00:00');
INSERT INTO "charges" VALUES(25,3,'87c72d0f16bf7a52ea06227498f84197fac39e19bc6be0904a226e4017e68450',0.0,0.0,'2026-11-30T11:38:24.979+00:00','2026-11-30T11:38:24.993+00:00');
INSERT INTO "charges" VALUES(26,3,'1bb9c98c4547a9a54f11d0a526edd8652c30be93d3abcbd0a96381ada6845bd8',0.0,0.0,'2026-11-30T11:38:24.979+00:00','2026-11-30T11:38:24.993+00:00');
INSERT INTO "charges" VALUES(27,3,'335e88ff6301e95ddb63264cf65ef3fa3b5ac8a064fdd0d53d6595adb03b06d4',0.0,0.0,'2026-11-30T11:38:24.979+00:00','2026-11-30T11:38:24.993+00:00');
INSERT INTO "charges" VALUES(28,3,'30f579d0bfbcc1deca1c4017eae6364a65d5c3a412e11412d06cc7466d9a5dd8',0.0,0.0,'2026-11-30T11:38:24.980+00:00','2026-11-30T11:38:24.993+00:00');
INSERT INTO "charges" VALUES(29,3,'d78ca4bc741cfadb4d9b1f9560158a71e0b9d1ee0ffe755635cac03ccf8c31ec',0.0,0.0,'2026-11-30T11:38:24.980+00:00','2026-11-30T11:38:24.994+00:00');
INSERT INTO "charges" VALUES(30,3,'d933ac682cc6b968fd4c4be1f68a73b26b212fd0c34cea77550b6b12b64f948d',0.0,0.0,'2026-11-30T11:38:24.980+00:00','2026-11-30T11:38:24.994+00:00');
INSERT INTO "charges" VALUES(31,3,'8852f0d613fdbb63e92ce01ad5d250691fdbec7e287d44500b7f4edd0cb3fbfe',0.0,0.0,'2026-11-30T11:38:24.980+00:00','2026-11-30T11:38:24.994+00:00');
INSERT INTO "charges" VALUES(32,3,'520ee1fe7d0f0f13eb59c8cc384b55166e1cb88a0cf75d0443bae1c919d7f701',0.0,0.0,'2026-11-30T11:38:24.980+00:00','2026-11-30T11:38:24.994+00:00');
INSERT INTO "charges" VALUES(33,3,'33a97cdfd7d5ad8da4bf4df31f3392064d2c57e9c573ae58c185d898f2b75781',0.0,0.0,'2026-11-30T11:38:24.980+00:00','2026-11-30T11:38:24.999+00:00');
INSERT INTO "charges" VALUES(34,3,'fcf81b57d7e661fec899272e1c4a7b99cd3aa66f8f6c03a279fccdd794662639',0.0,0.0,'2026-11-30T11:38:24.980+00:00','2026-11-30T11:38:24.999+00:00');
INSERT INTO "charges" VALUES(35,3,'22ca0451d433762126d1fa21c568eb3748d1f00e236990af2d2f62852ce5da39',0.0,0.0,'2026-11-30T11:38:24.980+00:00','2026-11-30T11:38:25.000+00:00');
INSERT INTO "charges" VALUES(36,3,'09d3244a8f3118e05489451530147d06ff469241b89c5a741b2c1f4a7d80d159',0.0,0.0,'2026-11-30T11:38:24.980+00:00','2026-11-30T11:38:25.000+00:00');
INSERT INTO "charges" VALUES(37,3,'7a0df06981636fe44d57ec609ee365ec225c01a1f89094fdba5790b8c10f8d5d',0.0,0.0,'2026-11-30T11:38:24.980+00:00','2026-11-30T11:38:25.000+00:00');
INSERT INTO "charges" VALUES(38,3,'f157bd292e1f77d860d2cc477db79e53257ed74cd07728c5a89e09a34883edb2',0.0,0.0,'2026-11-30T11:38:24.980+00:00','2026-11-30T11:38:25.000+00:00');
INSERT INTO "charges" VALUES(39,3,'84c751d0a56a5f971b97da6e55a4542b89a0ee99925bfe87d9fa8d2a32a00d97',0.0,0.0,'2026-11-30T11:38:24.980+00:00','2026-11-30T11:38:25.000+00:00');
INSERT INTO "charges" VALUES(40,3,'6c70edfbb63e28dcf2b9897458f4b23613d1efa0d82ac9932891bf695210eea7',0.0,0.0,'2026-11-30T11:38:24.980+00:00','2026-11-30T11:38:25.001+00:00');
INSERT INTO "charges" VALUES(41,3,'2930d2cc250b8cdb71bb777b43020a7d52cf19111963ce845810b86b01043e49',0.0,0.0,'2026-11-30T11:38:24.980+00:00','2026-11-30T11:38:25.001+00:00');
INSERT INTO "charges" VALUES(42,3,'ab50e317ec5c00d919961ae3ce678a2f8b769d8e80724f9917c63e0c00bb131e',0.0,0.0,'2026-11-30T11:38:24.980+00:00','2026-11-30T11:38:25.001+00:00');
INSERT INTO "charges" VALUES(43,3,'c7d51d51f64d34aab4282ccb9b7a96acc824f3d950a3dbde1c674a8c9060c6f7',0.0,0.0,'2026-11-30T11:38:24.980+00:00','2026-11-30T11:38:25.001+00:00');
INSERT INTO "charges" VALUES(44,3,'fc487081353b52cb34f38fda956778d320b8392ca6bbe4aed5d7dff3ccd9d613',0.0,0.0,'2026-11-30T11:38:24.980+00:00','2026-11-30T11:38:25.002+00:00');
CREATE TABLE demonstrations (
  id INTEGER PRIMARY KEY, sample_id TEXT NOT NULL REFERENCES samples(id), strategy TEXT NOT NULL,
  teacher_call_key TEXT NOT NULL REFERENCES teacher_calls(key), sample_index INTEGER NOT NULL,
  text TEXT NOT NULL, verified INTEGER,
  review TEXT NOT NULL CHECK (review IN ('pending', 'accepted', 'rejected', 'edited')),
  created_at TEXT NOT NULL, hinted INTEGER NOT NULL DEFAULT 0, edited INTEGER NOT NULL DEFAULT 0, UNIQUE (sample_id, strategy, teacher_call_key, sample_index)
) STRICT;
INSERT INTO "demonstrations" VALUES(1,'letters-train0','explain_then_answer','8c9b760ddcb29ad2666f19a04ea5a87b80f0713e2c3e05a56689e4456506441a',0,'Dear 0, hello.',NULL,'pending','2026-11-30T11:38:24.985+00:00',0,0);
INSERT INTO "demonstrations" VALUES(2,'letters-train1','explain_then_answer','352fdc5f5416e78597079a0efd377fc20db4872ed24cc4b61f7ce9a8b1ed0010',0,'Dear 1, hello.',NULL,'pending','2026-11-30T11:38:24.985+00:00',0,0);
INSERT INTO "demonstrations" VALUES(3,'letters-train10','explain_then_answer','a5dc2bf0df4ec5d2521b0dba88323f16fb88698b34dab5aeb41715f62b7b8d10',0,'Dear 10, hello.',NULL,'pending','2026-11-30T11:38:24.985+00:00',0,0);
INSERT INTO "demonstrations" VALUES(4,'letters-train11','explain_then_answer','836e254353486e4f73118708fdc7e07d777ba16796b2b28bfbcfe4696e31af59',0,'Dear 11, hello.',NULL,'pending','2026-11-30T11:38:24.985+00:00',0,0);
INSERT INTO "demonstrations" VALUES(5,'letters-train12','explain_then_answer','aa7a9db76d6d050cccf48cca6a58a01277022d505fb2c5bb17c6625f7e52dce3',0,'Dear 12, hello.',NULL,'pending','2026-11-30T11:38:24.985+00:00',0,0);
INSERT INTO "demonstrations" VALUES(6,'letters-train13','explain_then_answer','3a14f9680fef0fa7d2034b4a73a6e8c43cd0b03b43022d968f95a6313b44fc5a',0,'Dear 13, hello.',NULL,'pending','2026-11-30T11:38:24.985+00:00',0,0);
INSERT INTO "demonstrations" VALUES(7,'letters-train14','explain_then_answer','9c03efc6fcb4a81485a51566ab20e0fa1365ff9f78b9e6349723da4fd4def0c9',0,'Dear 14, hello.',NULL,'pending','2026-11-30T11:38:24.985+00:00',0,0);
INSERT INTO "demonstrations" VALUES(8,'letters-train15','explain_then_answer','64c62ab7b80e7d376a9c3a2c32c02edaf61fd8f77f57856599a5a9d0c8b47abe',0,'Dear 15, hello.',NULL,'pending','2026-11-30T11:38:24.986+00:00',0,0);
INSERT INTO "demonstrations" VALUES(9,'letters-train16','explain_then_answer','e9b8b9a6dbc5c2f4174f84a9c9d96f2203c90a2e609a4fdd8069f2bc0264d51d',0,'Dear 16, hello.',NULL,'pending','2026-11-30T11:38:24.986+00:00',0,0);
INSERT INTO "demonstrations" VALUES(10,'letters-train17','explain_then_answer','1fdaa05582a682e19ff9b7102213688beef5de31eae84445d356a0c5ef668271',0,'Dear 17, hello.',NULL,'pending','2026-11-30T11:38:24.986+00:00',0,0);
INSERT INTO "demonstrations" VALUES(11,'letters-train18','explain_then_answer','dcba7b1a22a04ff4499687566596f4a7a5ebd53ebcc34b96b68a2840f7ae254e',0,'Dear 18, hello.',NULL,'pending','2026-11-30T11:38:24.986+00:00',0,0);
INSERT INTO "demonstrations" VALUES(12,'letters-train19','explain_then_answer','d3b2fbd354cd4bbe2af81f22f466851eb807baa67f6fc6697aa0eda0a21107c3',0,'Dear 19, hello.',NULL,'pending','2026-11-30T11:38:24.986+00:00',0,0);
INSERT INTO "demonstrations" VALUES(13,'letters-train2','explain_then_answer','38eed85a510458a30a21845b36f802a5f20aff124a713c54465f507b2bf8e08b',0,'Dear 2, hello.',NULL,'pending','2026-11-30T11:38:24.986+00:00',0,0);
INSERT INTO "demonstrations" VALUES(14,'letters-train20','explain_then_answer','c983e381141354b3bf24daf5a8a57f7e6628f136c61857ba7284f5d3fc0b7697',0,'Dear 20, hello.',NULL,'pending','2026-11-30T11:38:24.986+00:00',0,0);
INSERT INTO "demonstrations" VALUES(15,'letters-train21','explain_then_answer','afd934c71b0d9f8378207c5c26c0ad12c6db0bc571ce3cddfd640f8cc8df7e0a',0,'Dear 21, hello.',NULL,'pending','2026-11-30T11:38:24.986+00:00',0,0);
INSERT INTO "demonstrations" VALUES(16,'letters-train3','explain_then_answer','65f52de2d6e46e5151462142249dd0e29f2d6845f0a9bebc96a892e748a258b0',0,'Dear 3, hello.',NULL,'pending','2026-11-30T11:38:24.986+00:00',0,0);
INSERT INTO "demonstrations" VALUES(17,'letters-train4','explain_then_answer','534ccee71e7b0c87d616be411bbf626c93e126de2dfb202cae6dbb6376dd3773',0,'Dear 4, hello.',NULL,'pending','2026-11-30T11:38:24.986+00:00',0,0);
INSERT INTO "demonstrations" VALUES(18,'letters-train5','explain_then_answer','646482d6e709676f71d0c1ed4513deb2a5103d8e50c7c5212f9fe5a1a51cabcd',0,'Dear 5, hello.',NULL,'pending','2026-11-30T11:38:24.986+00:00',0,0);
INSERT INTO "demonstrations" VALUES(19,'letters-train6','explain_then_answer','56da17d01e72d6e985157cc2b7aea8f7372ab64d405bb4ee76982604da502258',0,'Dear 6, hello.',NULL,'pending','2026-11-30T11:38:24.986+00:00',0,0);
INSERT INTO "demonstrations" VALUES(20,'letters-train7','explain_then_answer','f01efc9e249d6bd350d17c2732f019baa712cc0c9caa52c3b76e3abe12cf3c15',0,'Dear 7, hello.',NULL,'pending','2026-11-30T11:38:24.986+00:00',0,0);
INSERT INTO "demonstrations" VALUES(21,'letters-train8','explain_then_answer','7b67b15e2417a56d3ca0a143ccc468a3dc5d9ed369a6a241fe6f89ce7b6338dd',0,'Dear 8, hello.',NULL,'pending','2026-11-30T11:38:24.991+00:00',0,0);
INSERT INTO "demonstrations" VALUES(22,'letters-train9','explain_then_answer','4cc9c143435603060c038d67685923729880da56518117b0880fb4aad6ed3db3',0,'Dear 9, hello.',NULL,'pending','2026-11-30T11:38:24.991+00:00',0,0);
INSERT INTO "demonstrations" VALUES(23,'sums-train0','direct_answer','106ee0dd29b9843fa6692504f345aeaaba9162794a1cfc493bfd8ddbd52699d0',0,'It is 0, as anybody can see.

Answer: 0',1,'pending','2026-11-30T11:38:24.992+00:00',0,0);
INSERT INTO "demonstrations" VALUES(24,'sums-train1','direct_answer','d1092c24e5db4a041b2cb5e0ce4109b73932480956601b32a4d62a616abc1e98',0,'It is 1, as anybody can see.

Answer: 1',1,'pending','2026-11-30T11:38:24.993+00:00',0,0);
INSERT INTO "demonstrations" VALUES(25,'sums-train10','direct_answer','87c72d0f16bf7a52ea06227498f84197fac39e19bc6be0904a226e4017e68450',0,'It is 10, as anybody can see.

Answer: 10',1,'pending','2026-11-30T11:38:24.993+00:00',0,0);
INSERT INTO "demonstrations" VALUES(26,'sums-train11','direct_answer','1bb9c98c4547a9a54f11d0a526edd8652c30be93d3abcbd0a96381ada6845bd8',0,'It is 11, as anybody can see.

Answer: 11',1,'pending','2026-11-30T11:38:24.993+00:00',0,0);
INSERT INTO "demonstrations" VALUES(27,'sums-train12','direct_answer','335e88ff6301e95ddb63264cf65ef3fa3b5ac8a064fdd0d53d6595adb03b06d4',0,'It is 12, as anybody can see.

Answer: 12',1,'pending','2026-11-30T11:38:24.993+00:00',0,0);
INSERT INTO "demonstrations" VALUES(28,'sums-train13','direct_answer','30f579d0bfbcc1deca1c4017eae6364a65d5c3a412e11412d06cc7466d9a5dd8',0,'It is 13, as anybody can see.

Answer: 13',1,'pending','2026-11-30T11:38:24.994+00:00',0,0);
INSERT INTO "demonstrations" VALUES(29,'sums-train14','direct_answer','d78ca4bc741cfadb4d9b1f9560158a71e0b9d1ee0ffe755635cac03ccf8c31ec',0,'It is 14, as anybody can see.

Answer: 14',1,'pending','2026-11-30T11:38:24.994+00:00',0,0);
INSERT INTO "demonstrations" VALUES(30,'sums-train15','direct_answer','d933ac682cc6b968fd4c4be1f68a73b26b212fd0c34cea77550b6b12b64f948d',0,'It is 15, as anybody can see.

Answer: 15',1,'pending','2026-11-30T11:38:24.994+00:00',0,0);
INSERT INTO "demonstrations" VALUES(31,'sums-train16','direct_answer','8852f0d613fdbb63e92ce01ad5d250691fdbec7e287d44500b7f4edd0cb3fbfe',0,'It is 16, as anybody can see.

Answer: 16',1,'pending','2026-11-30T11:38:24.994+00:00',0,0);
INSERT INTO "demonstrations" VALUES(32,'sums-train17','direct_answer','520ee1fe7d0f0f13eb59c8cc384b55166e1cb88a0cf75d0443bae1c919d7f701',0,'It is 17, as anybody can see.

Answer: 17',1,'pending','2026-11-30T11:38:24.999+00:00',0,0);
INSERT INTO "demonstrations" VALUES(33,'sums-train18','direct_answer','33a97cdfd7d5ad8da4bf4df31f3392064d2c57e9c573ae58c185d898f2b75781',0,'It is 18, as anybody can see.

Answer: 18',1,'pending','2026-11-30T11:38:24.999+00:00',0,0);
INSERT INTO "demonstrations" VALUES(34,'sums-train19','direct_answer','fcf81b57d7e661fec899272e1c4a7b99cd3aa66f8f6c03a279fccdd794662639',0,'It is 19, as anybody can see.

Answer: 19',1,'pending','2026-11-30T11:38:24.999+00:00',0,0);
INSERT INTO "demonstrations" VALUES(35,'sums-train2','direct_answer','22ca0451d433762126d1fa21c568eb3748d1f00e236990af2d2f62852ce5da39',0,'It is 2, as anybody can see.

Answer: 2',1,'pending','2026-11-30T11:38:25.000+00:00',0,0);
INSERT INTO "demonstrations" VALUES(36,'sums-train20','direct_answer','09d3244a8f3118e05489451530147d06ff469241b89c5a741b2c1f4a7d80d159',0,'It is 20, as anybody can see.

Answer: 20',1,'pending','2026-11-30T11:38:25.000+00:00',0,0);
INSERT INTO "demonstrations" VALUES(37,'sums-train21','direct_answer','7a0df06981636fe44d57ec609ee365ec225c01a1f89094fdba5790b8c10f8d5d',0,'It is 21, as anybody can see.

Answer: 21',1,'pending','2026-11-30T11:38:25.000+00:00',0,0);
INSERT INTO "demonstrations" VALUES(38,'sums-train3','direct_answer','f157bd292e1f77d860d2cc477db79e53257ed74cd07728c5a89e09a34883edb2',0,'It is 3, as anybody can see.

Answer: 3',1,'pending','2026-11-30T11:38:25.000+00:00',0,0);
INSERT INTO "demonstrations" VALUES(39,'sums-train4','direct_answer','84c751d0a56a5f971b97da6e55a4542b89a0ee99925bfe87d9fa8d2a32a00d97',0,'It is 4, as anybody can see.

Answer: 4',1,'pending','2026-11-30T11:38:25.001+00:00',0,0);
INSERT INTO "demonstrations" VALUES(40,'sums-train5','direct_answer','6c70edfbb63e28dcf2b9897458f4b23613d1efa0d82ac9932891bf695210eea7',0,'It is 5, as anybody can see.

Answer: 5',1,'pending','2026-11-30T11:38:25.001+00:00',0,0);
INSERT INTO "demonstrations" VALUES(41,'sums-train6','direct_answer','2930d2cc250b8cdb71bb777b43020a7d52cf19111963ce845810b86b01043e49',0,'It is 6, as anybody can see.

Answer: 6',1,'pending','2026-11-30T11:38:25.001+00:00',0,0);
INSERT INTO "demonstrations" VALUES(42,'sums-train7','direct_answer','ab50e317ec5c00d919961ae3ce678a2f8b769d8e80724f9917c63e0c00bb131e',0,'It is 7, as anybody can see.

Answer: 7',1,'pending','2026-11-30T11:38:25.001+00:00',0,0);
INSERT INTO "demonstrations" VALUES(43,'sums-train8','direct_answer','c7d51d51f64d34aab4282ccb9b7a96acc824f3d950a3dbde1c674a8c9060c6f7',0,'It is 8, as anybody can see.

Answer: 8',1,'pending','2026-11-30T11:38:25.002+00:00',0,0);
INSERT INTO "demonstrations" VALUES(44,'sums-train9','direct_answer','fc487081353b52cb34f38fda956778d320b8392ca6bbe4aed5d7dff3ccd9d613',0,'It is 9, as anybody can see.

Answer: 9',1,'pending','2026-11-30T11:38:25.002+00:00',0,0);
CREATE TABLE evaluations (
  id INTEGER PRIMARY KEY, run_id INTEGER NOT NULL REFERENCES runs(id), model TEXT NOT NULL,
  model_id INTEGER NOT NULL REFERENCES models(id), system_message TEXT NOT NULL, task TEXT NOT NULL,
  n INTEGER NOT NULL, accuracy REAL NOT NULL, ci_low REAL NOT NULL, ci_high REAL NOT NULL,
  extracted REAL NOT NULL, created_at TEXT NOT NULL, UNIQUE (run_id, model, model_id, system_message, task)
) STRICT;
INSERT INTO "evaluations" VALUES(1,8,'base',1,'','sums',3,0.0,0.0,5.61497031755045394874e-01,0.0,'2026-11-30T11:38:51.109+00:00');
INSERT INTO "evaluations" VALUES(2,8,'tuned',2,'','sums',3,0.0,0.0,5.61497031755045394874e-01,0.0,'2026-11-30T11:38:52.026+00:00');
CREATE TABLE events (
  run_id INTEGER NOT NULL REFERENCES runs(id), seq INTEGER NOT NULL, kind TEXT NOT NULL,
  payload_json TEXT NOT NULL, created_at TEXT NOT NULL, PRIMARY KEY (run_id, seq)
) STRICT, WITHOUT ROWID;
INSERT INTO "events" VALUES(1,1,'StageStarted','{"stage":"export","total":1,"unit":"files"}','2026-11-30T11:38:19.958+00:00');
INSERT INTO "events" VALUES(1,2,'StageProgressed','{"done":0,"note":"testing the merged file","tokens":0,"usd":null}','2026-11-30T11:38:19.958+00:00');
INSERT INTO "events" VALUES(1,3,'AcceptanceChecked','{"bound":"identical to the base","name":"metadata","passed":true,"value":"26 keys identical"}','2026-11-30T11:38:19.958+00:00');
INSERT INTO "events" VALUES(1,4,'AcceptanceChecked','{"bound":"every weight","name":"finite","passed":true,"value":"21 tensors finite"}','2026-11-30T11:38:19.958+00:00');
INSERT INTO "events" VALUES(1,5,'AcceptanceChecked','{"bound":"the source, rounded to F16","name":"weights","passed":true,"value":"21 tensors equal"}','2026-11-30T11:38:19.958+00:00');
INSERT INTO "events" VALUES(1,6,'StageProgressed','{"done":0,"note":"quantizing to Q8_0","tokens":0,"usd":null}','2026-11-30T11:38:19.958+00:00');
INSERT INTO "events" VALUES(1,7,'AcceptanceChecked','{"bound":"identical to the base","name":"metadata","passed":true,"value":"26 keys identical"}','2026-11-30T11:38:20.979+00:00');
INSERT INTO "events" VALUES(1,8,'AcceptanceChecked','{"bound":"every weight","name":"finite","passed":true,"value":"21 tensors finite"}','2026-11-30T11:38:20.979+00:00');
INSERT INTO "events" VALUES(1,9,'StageProgressed','{"done":0,"note":"comparing Q8_0 with F16","tokens":0,"usd":null}','2026-11-30T11:38:21.231+00:00');
INSERT INTO "events" VALUES(1,10,'AcceptanceChecked','{"bound":"","name":"Q8_0 against F16","passed":true,"value":"KL 3.32e-04, 100.0 % same token"}','2026-11-30T11:38:22.535+00:00');
INSERT INTO "events" VALUES(1,11,'FileWritten','{"bytes":5133184,"path":"/home/user/workspace/exports/student-base-Q8_0.gguf","sha256":"5f2329a3ee8ee18a90c5c960a275245185acc9fcaec1fde16c18bac7604c8c3a"}','2026-11-30T11:38:22.535+00:00');
INSERT INTO "events" VALUES(1,12,'StageProgressed','{"done":1,"note":"","tokens":0,"usd":null}','2026-11-30T11:38:22.535+00:00');
INSERT INTO "events" VALUES(1,13,'StageFinished','{"stage":"export","summary":{"acceptance":{"Q8_0":{"checks":[{"bound":"identical to the base","name":"metadata","passed":true,"value":"26 keys identical"},{"bound":"every weight","name":"finite","passed":true,"value":"21 tensors finite"},{"bound":"the source, rounded to F16","name":"weights","passed":true,"value":"21 tensors equal"},{"bound":"identical to the base","name":"metadata (Q8_0)","passed":true,"value":"26 keys identical"},{"bound":"every weight","name":"finite (Q8_0)","passed":true,"value":"21 tensors finite"}],"provenance":{"orca_local.base_sha256":"0736652a1b6b81567210bd7c150461fb8f2a9062cfe5aa059c0de52fed1ab9d2","orca_local.version":"1"},"quantized_vs_f16":{"agreement":1.0,"kl":0.0003320248176067137,"positions":163},"tensor_types":{"F32":5,"Q8_0":16}}},"files":[{"bytes":5133184,"path":"/home/user/workspace/exports/student-base-Q8_0.gguf","quantization":"Q8_0","sha256":"5f2329a3ee8ee18a90c5c960a275245185acc9fcaec1fde16c18bac7604c8c3a"}],"name":"base","run_id":1,"seconds":3.398,"types":[{"agreement":1.0,"bits_per_weight":8.501188248976083,"bytes":5133184,"imatrix":false,"kl":0.0003320248176067137,"quantization":"Q8_0","tensor_types":{"F32":5,"Q8_0":16}}]}}','2026-11-30T11:38:23.103+00:00');
INSERT INTO "events" VALUES(2,1,'ComputeChosen','{"compute":"as_is","reason":"as it is: 11058 tokens/s in BF16 against 12383 as it is"}','2026-11-30T11:38:23.777+00:00');
INSERT INTO "events" VALUES(2,2,'Warned','{"hint":"","message":"2 samples of kind `free` have no score and are not probed"}','2026-11-30T11:38:24.831+00:00');
INSERT INTO "events" VALUES(2,3,'StageStarted','{"stage":"probe","total":12,"unit":"generations"}','2026-11-30T11:38:24.831+00:00');
INSERT INTO "events" VALUES(2,4,'StageProgressed','{"done":12,"note":"","tokens":12,"usd":null}','2026-11-30T11:38:24.831+00:00');
INSERT INTO "events" VALUES(2,5,'CellMeasured','{"ci_high":0.6576197724933468,"ci_low":0.0,"completion_tokens":2,"extracted":0.0,"n":2,"score_sum":0.0,"strategy":"direct_answer","task":"sums"}','2026-11-30T11:38:24.831+00:00');
INSERT INTO "events" VALUES(2,6,'CellMeasured','{"ci_high":0.6576197724933468,"ci_low":0.0,"completion_tokens":2,"extracted":0.0,"n":2,"score_sum":0.0,"strategy":"extract_generate","task":"sums"}','2026-11-30T11:38:24.831+00:00');
INSERT INTO "events" VALUES(2,7,'CellMeasured','{"ci_high":0.6576197724933468,"ci_low":0.0,"completion_tokens":2,"extracted":0.0,"n":2,"score_sum":0.0,"strategy":"recall_then_generate","task":"sums"}','2026-11-30T11:38:24.831+00:00');
INSERT INTO "events" VALUES(2,8,'CellMeasured','{"ci_high":0.6576197724933468,"ci_low":0.0,"completion_tokens":2,"extracted":0.0,"n":2,"score_sum":0.0,"strategy":"step_by_step","task":"sums"}','2026-11-30T11:38:24.831+00:00');
INSERT INTO "events" VALUES(2,9,'CellMeasured','{"ci_high":0.6576197724933468,"ci_low":0.0,"completion_tokens":2,"extracted":0.0,"n":2,"score_sum":0.0,"strategy":"recall_reason_generate","task":"sums"}','2026-11-30T11:38:24.831+00:00');
INSERT INTO "events" VALUES(2,10,'CellMeasured','{"ci_high":0.6576197724933468,"ci_low":0.0,"completion_tokens":2,"extracted":0.0,"n":2,"score_sum":0.0,"strategy":"explain_then_answer","task":"sums"}','2026-11-30T11:38:24.831+00:00');
INSERT INTO "events" VALUES(2,11,'StrategyChosen','{"decided":false,"loss_bound":0.012869684790657409,"more_samples":null,"probability_best":0.1666666683087674,"reason":"no strategy got an answer right on 2 samples; direct_answer takes 1 tokens an answer","strategy":"direct_answer","task":"sums"}','2026-11-30T11:38:24.832+00:00');
INSERT INTO "events" VALUES(2,12,'StageFinished','{"stage":"probe","summary":{"completion_tokens":12,"generations":{"cached":0,"new":12},"method":"exhaustive","run_id":2,"seconds":0.235,"tasks":[{"cells":[{"accuracy":0.0,"ci":[0.0,0.6576197724933468],"completion_tokens":2,"extracted":0.0,"n":2,"score_sum":0.0,"strategy":"direct_answer"},{"accuracy":0.0,"ci":[0.0,0.6576197724933468],"completion_tokens":2,"extracted":0.0,"n":2,"score_sum":0.0,"strategy":"extract_generate"},{"accuracy":0.0,"ci":[0.0,0.6576197724933468],"completion_tokens":2,"extracted":0.0,"n":2,"score_sum":0.0,"strategy":"recall_then_generate"},{"accuracy":0.0,"ci":[0.0,0.6576197724933468],"completion_tokens":2,"extracted":0.0,"n":2,"score_sum":0.0,"strategy":"step_by_step"},{"accuracy":0.0,"ci":[0.0,0.6576197724933468],"completion_tokens":2,"extracted":0.0,"n":2,"score_sum":0.0,"strategy":"recall_reason_generate"},{"accuracy":0.0,"ci":[0.0,0.6576197724933468],"completion_tokens":2,"extracted":0.0,"n":2,"score_sum":0.0,"strategy":"explain_then_answer"}],"decided":false,"loss_bound":0.012869684790657409,"more_samples":null,"probability_best":0.1666666683087674,"reason":"no strategy got an answer right on 2 samples; direct_answer takes 1 tokens an answer","strategy":"direct_answer","task":"sums"}],"worth":null}}','2026-11-30T11:38:24.832+00:00');
INSERT INTO "events" VALUES(3,1,'StageStarted','{"stage":"teach","total":44,"unit":"samples"}','2026-11-30T11:38:25.012+00:00');
INSERT INTO "events" VALUES(3,2,'StageProgressed','{"done":0,"note":"","tokens":0,"usd":0.0}','2026-11-30T11:38:25.013+00:00');
INSERT INTO "events" VALUES(3,3,'CallAnswered','{"cached":false,"sample_id":"letters-train0","strategy":"explain_then_answer","verified":null}','2026-11-30T11:38:25.013+00:00');
INSERT INTO "events" VALUES(3,4,'CallAnswered','{"cached":false,"sample_id":"letters-train1","strategy":"explain_then_answer","verified":null}','2026-11-30T11:38:25.013+00:00');
INSERT INTO "events" VALUES(3,5,'CallAnswered','{"cached":false,"sample_id":"letters-train10","strategy":"explain_then_answer","verified":null}','2026-11-30T11:38:25.013+00:00');
INSERT INTO "events" VALUES(3,6,'CallAnswered','{"cached":false,"sample_id":"letters-train11","strategy":"explain_then_answer","verified":null}','2026-11-30T11:38:25.013+00:00');
INSERT INTO "events" VALUES(3,7,'CallAnswered','{"cached":false,"sample_id":"letters-train12","strategy":"explain_then_answer","verified":null}','2026-11-30T11:38:25.013+00:00');
INSERT INTO "events" VALUES(3,8,'CallAnswered','{"cached":false,"sample_id":"letters-train13","strategy":"explain_then_answer","verified":null}','2026-11-30T11:38:25.013+00:00');
INSERT INTO "events" VALUES(3,9,'CallAnswered','{"cached":false,"sample_id":"letters-train14","strategy":"explain_then_answer","verified":null}','2026-11-30T11:38:25.013+00:00');
INSERT INTO "events" VALUES(3,10,'CallAnswered','{"cached":false,"sample_id":"letters-train15","strategy":"explain_then_answer","verified":null}','2026-11-30T11:38:25.013+00:00');
INSERT INTO "events" VALUES(3,11,'CallAnswered','{"cached":false,"sample_id":"letters-train16","strategy":"explain_then_answer","verified":null}','2026-11-30T11:38:25.013+00:00');
INSERT INTO "events" VALUES(3,12,'CallAnswered','{"cached":false,"sample_id":"letters-train17","strategy":"explain_then_answer","verified":null}','2026-11-30T11:38:25.013+00:00');
INSERT INTO "events" VALUES(3,13,'CallAnswered','{"cached":false,"sample_id":"letters-train18","strategy":"explain_then_answer","verified":null}','2026-11-30T11:38:25.013+00:00');
INSERT INTO "events" VALUES(3,14,'CallAnswered','{"cached":false,"sample_id":"letters-train19","strategy":"explain_then_answer","verified":null}','2026-11-30T11:38:25.013+00:00');
INSERT INTO "events" VALUES(3,15,'CallAnswered','{"cached":false,"sample_id":"letters-train2","strategy":"explain_then_answer","verified":null}','2026-11-30T11:38:25.013+00:00');
INSERT INTO "events" VALUES(3,16,'CallAnswered','{"cached":false,"sample_id":"letters-train20","strategy":"explain_then_answer","verified":null}','2026-11-30T11:38:25.013+00:00');
INSERT INTO "events" VALUES(3,17,'CallAnswered','{"cached":false,"sample_id":"letters-train21","strategy":"explain_then_answer","verified":null}','2026-11-30T11:38:25.013+00:00');
INSERT INTO "events" VALUES(3,18,'CallAnswered','{"cached":false,"sample_id":"letters-train3","strategy":"explain_then_answer","verified":null}','2026-11-30T11:38:25.013+00:00');
INSERT INTO "events" VALUES(3,19,'CallAnswered','{"cached":false,"sample_id":"letters-train4","strategy":"explain_then_answer","verified":null}','2026-11-30T11:38:25.013+00:00');
INSERT INTO "events" VALUES(3,20,'CallAnswered','{"cached":false,"sample_id":"letters-train5","strategy":"explain_then_answer","verified":null}','2026-11-30T11:38:25.013+00:00');
INSERT INTO "events" VALUES(3,21,'CallAnswered','{"cached":false,"sample_id":"letters-train6","strategy":"explain_then_answer","verified":null}','2026-11-30T11:38:25.013+00:00');
INSERT INTO "events" VALUES(3,22,'CallAnswered','{"cached":false,"sample_id":"letters-train7","strategy":"explain_then_answer","verified":null}','2026-11-30T11:38:25.013+00:00');
INSERT INTO "events" VALUES(3,23,'CallAnswered','{"cached":false,"sample_id":"letters-train8","strategy":"explain_then_answer","verified":null}','2026-11-30T11:38:25.013+00:00');
INSERT INTO "events" VALUES(3,24,'CallAnswered','{"cached":false,"sample_id":"letters-train9","strategy":"explain_then_answer","verified":null}','2026-11-30T11:38:25.013+00:00');
INSERT INTO "events" VALUES(3,25,'CallAnswered','{"cached":false,"sample_id":"sums-train0","strategy":"direct_answer","verified":true}','2026-11-30T11:38:25.013+00:00');
INSERT INTO "events" VALUES(3,26,'CallAnswered','{"cached":false,"sample_id":"sums-train1","strategy":"direct_answer","verified":true}','2026-11-30T11:38:25.013+00:00');
INSERT INTO "events" VALUES(3,27,'CallAnswered','{"cached":false,"sample_id":"sums-train10","strategy":"direct_answer","verified":true}','2026-11-30T11:38:25.014+00:00');
INSERT INTO "events" VALUES(3,28,'CallAnswered','{"cached":false,"sample_id":"sums-train11","strategy":"direct_answer","verified":true}','2026-11-30T11:38:25.014+00:00');
INSERT INTO "events" VALUES(3,29,'CallAnswered','{"cached":false,"sample_id":"sums-train12","strategy":"direct_answer","verified":true}','2026-11-30T11:38:25.014+00:00');
INSERT INTO "events" VALUES(3,30,'CallAnswered','{"cached":false,"sample_id":"sums-train13","strategy":"direct_answer","verified":true}','2026-11-30T11:38:25.014+00:00');
INSERT INTO "events" VALUES(3,31,'CallAnswered','{"cached":false,"sample_id":"sums-train14","strategy":"direct_answer","verified":true}','2026-11-30T11:38:25.014+00:00');
INSERT INTO "events" VALUES(3,32,'CallAnswered','{"cached":false,"sample_id":"sums-train15","strategy":"direct_answer","verified":true}','2026-11-30T11:38:25.014+00:00');
INSERT INTO "events" VALUES(3,33,'CallAnswered','{"cached":false,"sample_id":"sums-train16","strategy":"direct_answer","verified":true}','2026-11-30T11:38:25.014+00:00');
INSERT INTO "events" VALUES(3,34,'CallAnswered','{"cached":false,"sample_id":"sums-train17","strategy":"direct_answer","verified":true}','2026-11-30T11:38:25.014+00:00');
INSERT INTO "events" VALUES(3,35,'CallAnswered','{"cached":false,"sample_id":"sums-train18","strategy":"direct_answer","verified":true}','2026-11-30T11:38:25.014+00:00');
INSERT INTO "events" VALUES(3,36,'CallAnswered','{"cached":false,"sample_id":"sums-train19","strategy":"direct_answer","verified":true}','2026-11-30T11:38:25.014+00:00');
INSERT INTO "events" VALUES(3,37,'CallAnswered','{"cached":false,"sample_id":"sums-train2","strategy":"direct_answer","verified":true}','2026-11-30T11:38:25.014+00:00');
INSERT INTO "events" VALUES(3,38,'CallAnswered','{"cached":false,"sample_id":"sums-train20","strategy":"direct_answer","verified":true}','2026-11-30T11:38:25.014+00:00');
INSERT INTO "events" VALUES(3,39,'CallAnswered','{"cached":false,"sample_id":"sums-train21","strategy":"direct_answer","verified":true}','2026-11-30T11:38:25.014+00:00');
INSERT INTO "events" VALUES(3,40,'CallAnswered','{"cached":false,"sample_id":"sums-train3","strategy":"direct_answer","verified":true}','2026-11-30T11:38:25.014+00:00');
INSERT INTO "events" VALUES(3,41,'CallAnswered','{"cached":false,"sample_id":"sums-train4","strategy":"direct_answer","verified":true}','2026-11-30T11:38:25.014+00:00');
INSERT INTO "events" VALUES(3,42,'CallAnswered','{"cached":false,"sample_id":"sums-train5","strategy":"direct_answer","verified":true}','2026-11-30T11:38:25.014+00:00');
INSERT INTO "events" VALUES(3,43,'CallAnswered','{"cached":false,"sample_id":"sums-train6","strategy":"direct_answer","verified":true}','2026-11-30T11:38:25.014+00:00');
INSERT INTO "events" VALUES(3,44,'CallAnswered','{"cached":false,"sample_id":"sums-train7","strategy":"direct_answer","verified":true}','2026-11-30T11:38:25.014+00:00');
INSERT INTO "events" VALUES(3,45,'CallAnswered','{"cached":false,"sample_id":"sums-train8","strategy":"direct_answer","verified":true}','2026-11-30T11:38:25.014+00:00');
INSERT INTO "events" VALUES(3,46,'CallAnswered','{"cached":false,"sample_id":"sums-train9","strategy":"direct_answer","verified":true}','2026-11-30T11:38:25.014+00:00');
INSERT INTO "events" VALUES(3,47,'StageProgressed','{"done":44,"note":"","tokens":0,"usd":0.0}','2026-11-30T11:38:25.014+00:00');
INSERT INTO "events" VALUES(3,48,'StageFinished','{"stage":"teach","summary":{"calls":{"cached":0,"failed":0,"new":44},"completion_tokens":0,"cost_usd":0.0,"not_asked":0,"prompt_tokens":0,"rejected":0,"run_id":3,"seconds":0.04,"spent_usd":0.0,"verified":44}}','2026-11-30T11:38:25.014+00:00');
INSERT INTO "events" VALUES(4,1,'StageStarted','{"stage":"dataset","total":44,"unit":"answers"}','2026-11-30T11:38:25.610+00:00');
INSERT INTO "events" VALUES(4,2,'StageFinished','{"stage":"dataset","summary":{"dropped":{},"loss_tokens":564,"rows":44,"run_id":4,"tokens":1996}}','2026-11-30T11:38:25.610+00:00');
INSERT INTO "events" VALUES(5,1,'StageStarted','{"stage":"train","total":2,"unit":"steps"}','2026-11-30T11:38:26.895+00:00');
INSERT INTO "events" VALUES(5,2,'MemoryPlanned','{"description":"0.14 GB (weights 0.01, adapter 0.00, optimizer 0.00, activations 0.00, head 0.12) with 208 tokens at once","free":23197245440,"gradient_checkpointing":false,"pack_tokens":208,"total":137053644}','2026-11-30T11:38:26.895+00:00');
INSERT INTO "events" VALUES(5,3,'StepTrained','{"grad_norm":7.130360126495361,"learning_rate":5.25e-05,"loss":10.844089314088983,"seconds":0.891409726999882,"step":1,"tokens":188}','2026-11-30T11:38:31.223+00:00');
INSERT INTO "events" VALUES(5,4,'ValidationMeasured','{"best":true,"loss":10.60499249082623,"step":1}','2026-11-30T11:38:31.479+00:00');
INSERT INTO "events" VALUES(5,5,'CheckpointSaved','{"path":"/home/user/workspace/adapters/506aafa53a1111f7/step-000001","step":1,"stopping":false}','2026-11-30T11:38:31.479+00:00');
INSERT INTO "events" VALUES(5,6,'SampleAnswered','{"ended":true,"sample_id":"sums-train15","step":1,"text":""}','2026-11-30T11:38:31.999+00:00');
INSERT INTO "events" VALUES(5,7,'SampleAnswered','{"ended":true,"sample_id":"letters-train7","step":1,"text":""}','2026-11-30T11:38:31.999+00:00');
INSERT INTO "events" VALUES(5,8,'StepTrained','{"grad_norm":6.1330485343933105,"learning_rate":5e-06,"loss":10.545953369140625,"seconds":0.3106867159999638,"step":2,"tokens":170}','2026-11-30T11:38:32.259+00:00');
INSERT INTO "events" VALUES(5,9,'ValidationMeasured','{"best":true,"loss":10.604545824455492,"step":2}','2026-11-30T11:38:32.510+00:00');
INSERT INTO "events" VALUES(5,10,'CheckpointSaved','{"path":"/home/user/workspace/adapters/506aafa53a1111f7/step-000002","step":2,"stopping":false}','2026-11-30T11:38:32.510+00:00');
INSERT INTO "events" VALUES(5,11,'SampleAnswered','{"ended":true,"sample_id":"sums-train15","step":2,"text":""}','2026-11-30T11:38:32.811+00:00');
INSERT INTO "events" VALUES(5,12,'SampleAnswered','{"ended":true,"sample_id":"letters-train7","step":2,"text":""}','2026-11-30T11:38:32.812+00:00');
INSERT INTO "events" VALUES(5,13,'StageFinished','{"stage":"train","summary":{"adapter":"/home/user/workspace/adapters/506aafa53a1111f7/adapter","best_step":2,"memory":{"peak":123572224,"planned":137053644},"run_id":5,"seconds":6.385,"steps":2,"tokens_per_second":297.8130432751359,"train_loss":10.545953369140625,"validation_loss":10.604545824455492}}','2026-11-30T11:38:32.812+00:00');
INSERT INTO "events" VALUES(6,1,'StageStarted','{"stage":"export","total":2,"unit":"files"}','2026-11-30T11:38:33.608+00:00');
INSERT INTO "events" VALUES(6,2,'StageProgressed','{"done":0,"note":"testing the merged file","tokens":0,"usd":null}','2026-11-30T11:38:33.609+00:00');
INSERT INTO "events" VALUES(6,3,'AcceptanceChecked','{"bound":"identical to the base","name":"metadata","passed":true,"value":"26 keys identical"}','2026-11-30T11:38:33.609+00:00');
INSERT INTO "events" VALUES(6,4,'AcceptanceChecked','{"bound":"every weight","name":"finite","passed":true,"value":"21 tensors finite"}','2026-11-30T11:38:33.609+00:00');
INSERT INTO "events" VALUES(6,5,'StageProgressed','{"done":0,"note":"waiting for what the trained model predicts","tokens":0,"usd":null}','2026-11-30T11:38:33.609+00:00');
INSERT INTO "events" VALUES(6,6,'StageProgressed','{"done":0,"note":"comparing the merged file with the trained model","tokens":0,"usd":null}','2026-11-30T11:38:38.721+00:00');
INSERT INTO "events" VALUES(6,7,'AcceptanceChecked','{"bound":"≥ 256","name":"positions compared","passed":true,"value":"268"}','2026-11-30T11:38:39.729+00:00');
INSERT INTO "events" VALUES(6,8,'AcceptanceChecked','{"bound":"≤ 0.001","name":"KL to the trained model","passed":true,"value":"1.21e-06"}','2026-11-30T11:38:39.729+00:00');
INSERT INTO "events" VALUES(6,9,'AcceptanceChecked','{"bound":"≥ 99 %","name":"same most likely token","passed":true,"value":"100.00 %"}','2026-11-30T11:38:39.729+00:00');
INSERT INTO "events" VALUES(6,10,'StageProgressed','{"done":0,"note":"quantizing to Q8_0","tokens":0,"usd":null}','2026-11-30T11:38:39.729+00:00');
INSERT INTO "events" VALUES(6,11,'AcceptanceChecked','{"bound":"identical to the base","name":"metadata","passed":true,"value":"26 keys identical"}','2026-11-30T11:38:41.275+00:00');
INSERT INTO "events" VALUES(6,12,'AcceptanceChecked','{"bound":"every weight","name":"finite","passed":true,"value":"21 tensors finite"}','2026-11-30T11:38:41.275+00:00');
INSERT INTO "events" VALUES(6,13,'StageProgressed','{"done":0,"note":"answering 24 prompts","tokens":0,"usd":null}','2026-11-30T11:38:41.275+00:00');
INSERT INTO "events" VALUES(6,14,'StageProgressed','{"done":0,"note":"comparing Q8_0 with F16","tokens":0,"usd":null}','2026-11-30T11:38:41.779+00:00');
INSERT INTO "events" VALUES(6,15,'AcceptanceChecked','{"bound":"","name":"Q8_0 against F16","passed":true,"value":"KL 3.51e-04, 100.0 % same token"}','2026-11-30T11:38:42.280+00:00');
INSERT INTO "events" VALUES(6,16,'AcceptanceChecked','{"bound":"≥ 95 % of ≥ 20","name":"ends by itself","passed":true,"value":"24 of 24"}','2026-11-30T11:38:42.281+00:00');
INSERT INTO "events" VALUES(6,17,'FileWritten','{"bytes":5133664,"path":"/home/user/workspace/exports/student-tuned-Q8_0.gguf","sha256":"44bec08a37d2419de70a7d033af6a37288f799916ee24d2006be6e2cb1c40bc9"}','2026-11-30T11:38:42.281+00:00');
INSERT INTO "events" VALUES(6,18,'StageProgressed','{"done":1,"note":"answering 24 prompts","tokens":0,"usd":null}','2026-11-30T11:38:42.281+00:00');
INSERT INTO "events" VALUES(6,19,'AcceptanceChecked','{"bound":"≥ 95 % of ≥ 20","name":"ends by itself","passed":true,"value":"24 of 24"}','2026-11-30T11:38:43.041+00:00');
INSERT INTO "events" VALUES(6,20,'FileWritten','{"bytes":8100032,"path":"/home/user/workspace/exports/student-tuned-F16.gguf","sha256":"309c5d732684cc4f3d41c011d64b6912d761b485835c51e4fe3d580a57089fb6"}','2026-11-30T11:38:43.041+00:00');
INSERT INTO "events" VALUES(6,21,'StageProgressed','{"done":2,"note":"","tokens":0,"usd":null}','2026-11-30T11:38:43.041+00:00');
INSERT INTO "events" VALUES(6,22,'StageFinished','{"stage":"export","summary":{"acceptance":{"F16":{"checks":[{"bound":"identical to the base","name":"metadata","passed":true,"value":"26 keys identical"},{"bound":"every weight","name":"finite","passed":true,"value":"21 tensors finite"},{"bound":"≥ 256","name":"positions compared","passed":true,"value":"268"},{"bound":"≤ 0.001","name":"KL to the trained model","passed":true,"value":"1.21e-06"},{"bound":"≥ 99 %","name":"same most likely token","passed":true,"value":"100.00 %"},{"bound":"≥ 95 % of ≥ 20","name":"ends by itself","passed":true,"value":"24 of 24"}],"provenance":{"orca_local.adapter_sha256":"008aff3cce89dfee90adcfac9c99b5ce66c99f09f585c5a0bb77710995f9d5a9","orca_local.base_sha256":"0736652a1b6b81567210bd7c150461fb8f2a9062cfe5aa059c0de52fed1ab9d2","orca_local.recipe":"{\"alpha\": 32.0, \"batch_size\": 4, \"dropout\": 0.0, \"final_learning_rate\": 0.05, \"learning_rate\": 0.0001, \"max_grad_norm\": 1.0, \"quantize_base\": \"none\", \"rank\": 2, \"rank_stabilized\": false, \"schedule\": \"cosine\", \"seed\": 0, \"target_layers\": [], \"total_steps\": 2, \"validate_every\": 1, \"validation_share\": 0.1, \"warmup_steps\": 0, \"weight_decay\": 0.0}","orca_local.version":"1"},"tensor_types":{"F16":16,"F32":5}},"Q8_0":{"checks":[{"bound":"identical to the base","name":"metadata","passed":true,"value":"26 keys identical"},{"bound":"every weight","name":"finite","passed":true,"value":"21 tensors finite"},{"bound":"≥ 256","name":"positions compared","passed":true,"value":"268"},{"bound":"≤ 0.001","name":"KL to the trained model","passed":true,"value":"1.21e-06"},{"bound":"≥ 99 %","name":"same most likely token","passed":true,"value":"100.00 %"},{"bound":"identical to the base","name":"metadata (Q8_0)","passed":true,"value":"26 keys identical"},{"bound":"every weight","name":"finite (Q8_0)","passed":true,"value":"21 tensors finite"},{"bound":"≥ 95 % of ≥ 20","name":"ends by itself","passed":true,"value":"24 of 24"}],"provenance":{"orca_local.adapter_sha256":"008aff3cce89dfee90adcfac9c99b5ce66c99f09f585c5a0bb77710995f9d5a9","orca_local.base_sha256":"0736652a1b6b81567210bd7c150461fb8f2a9062cfe5aa059c0de52fed1ab9d2","orca_local.recipe":"{\"alpha\": 32.0, \"batch_size\": 4, \"dropout\": 0.0, \"final_learning_rate\": 0.05, \"learning_rate\": 0.0001, \"max_grad_norm\": 1.0, \"quantize_base\": \"none\", \"rank\": 2, \"rank_stabilized\": false, \"schedule\": \"cosine\", \"seed\": 0, \"target_layers\": [], \"total_steps\": 2, \"validate_every\": 1, \"validation_share\": 0.1, \"warmup_steps\": 0, \"weight_decay\": 0.0}","orca_local.version":"1"},"quantized_vs_f16":{"agreement":1.0,"kl":0.00035069385642437083,"positions":268},"tensor_types":{"F32":5,"Q8_0":16}}},"files":[{"bytes":5133664,"path":"/home/user/workspace/exports/student-tuned-Q8_0.gguf","quantization":"Q8_0","sha256":"44bec08a37d2419de70a7d033af6a37288f799916ee24d2006be6e2cb1c40bc9"},{"bytes":8100032,"path":"/home/user/workspace/exports/student-tuned-F16.gguf","quantization":"F16","sha256":"309c5d732684cc4f3d41c011d64b6912d761b485835c51e4fe3d580a57089fb6"}],"name":"tuned","recommendation":{"quantization":"Q8_0","reason":"Q8_0 is the smallest that predicts within 0.01 nats of F16: 0.000351 nats, the same token in 100.0 %"},"run_id":6,"seconds":10.979,"types":[{"agreement":1.0,"bits_per_weight":8.501188248976083,"bytes":5133664,"imatrix":false,"kl":0.00035069385642437083,"quantization":"Q8_0","tensor_types":{"F32":5,"Q8_0":16}},{"agreement":1.0,"bits_per_weight":16.00080902057946,"bytes":8100032,"imatrix":false,"kl":0.0,"quantization":"F16","tensor_types":{"F16":16,"F32":5}}]}}','2026-11-30T11:38:44.343+00:00');
INSERT INTO "events" VALUES(7,1,'StageStarted','{"stage":"export","total":1,"unit":"files"}','2026-11-30T11:38:45.379+00:00');
INSERT INTO "events" VALUES(7,2,'StageProgressed','{"done":0,"note":"testing the adapter","tokens":0,"usd":null}','2026-11-30T11:38:45.380+00:00');
INSERT INTO "events" VALUES(7,3,'AcceptanceChecked','{"bound":"every weight","name":"finite","passed":true,"value":"28 tensors finite"}','2026-11-30T11:38:45.380+00:00');
INSERT INTO "events" VALUES(7,4,'AcceptanceChecked','{"bound":"≥ 256","name":"positions compared","passed":true,"value":"268"}','2026-11-30T11:38:49.431+00:00');
INSERT INTO "events" VALUES(7,5,'AcceptanceChecked','{"bound":"≤ 0.001","name":"KL to the trained model","passed":true,"value":"1.15e-06"}','2026-11-30T11:38:49.431+00:00');
INSERT INTO "events" VALUES(7,6,'AcceptanceChecked','{"bound":"≥ 99 %","name":"same most likely token","passed":true,"value":"100.00 %"}','2026-11-30T11:38:49.431+00:00');
INSERT INTO "events" VALUES(7,7,'AcceptanceChecked','{"bound":"≥ 95 % of ≥ 20","name":"ends by itself","passed":true,"value":"24 of 24"}','2026-11-30T11:38:49.643+00:00');
INSERT INTO "events" VALUES(7,8,'FileWritten','{"bytes":10944,"path":"/home/user/workspace/exports/student-tuned-adapter.gguf","sha256":"b7923fecc4e767aa13bbcff0bfeb1e59e936f9003734ee777b8e854e075401d6"}','2026-11-30T11:38:49.643+00:00');
INSERT INTO "events" VALUES(7,9,'StageProgressed','{"done":1,"note":"","tokens":0,"usd":null}','2026-11-30T11:38:49.643+00:00');
INSERT INTO "events" VALUES(7,10,'StageFinished','{"stage":"export","summary":{"acceptance":{"F32":{"checks":[{"bound":"every weight","name":"finite","passed":true,"value":"28 tensors finite"},{"bound":"≥ 256","name":"positions compared","passed":true,"value":"268"},{"bound":"≤ 0.001","name":"KL to the trained model","passed":true,"value":"1.15e-06"},{"bound":"≥ 99 %","name":"same most likely token","passed":true,"value":"100.00 %"},{"bound":"≥ 95 % of ≥ 20","name":"ends by itself","passed":true,"value":"24 of 24"}],"provenance":{"orca_local.adapter_sha256":"008aff3cce89dfee90adcfac9c99b5ce66c99f09f585c5a0bb77710995f9d5a9","orca_local.base_sha256":"0736652a1b6b81567210bd7c150461fb8f2a9062cfe5aa059c0de52fed1ab9d2","orca_local.recipe":"{\"alpha\": 32.0, \"batch_size\": 4, \"dropout\": 0.0, \"final_learning_rate\": 0.05, \"learning_rate\": 0.0001, \"max_grad_norm\": 1.0, \"quantize_base\": \"none\", \"rank\": 2, \"rank_stabilized\": false, \"schedule\": \"cosine\", \"seed\": 0, \"target_layers\": [], \"total_steps\": 2, \"validate_every\": 1, \"validation_share\": 0.1, \"warmup_steps\": 0, \"weight_decay\": 0.0}","orca_local.version":"1"},"tensor_types":{"F32":28}}},"files":[{"bytes":10944,"path":"/home/user/workspace/exports/student-tuned-adapter.gguf","quantization":"F32","sha256":"b7923fecc4e767aa13bbcff0bfeb1e59e936f9003734ee777b8e854e075401d6"}],"name":"adapter","run_id":7,"seconds":4.517,"types":[]}}','2026-11-30T11:38:49.644+00:00');
INSERT INTO "events" VALUES(8,1,'Warned','{"hint":"","message":"3 holdout samples of kind `free` have no score and are left out"}','2026-11-30T11:38:50.451+00:00');
INSERT INTO "events" VALUES(8,2,'StageStarted','{"stage":"evaluate","total":6,"unit":"generations"}','2026-11-30T11:38:50.451+00:00');
INSERT INTO "events" VALUES(8,3,'StageProgressed','{"done":3,"note":"base","tokens":3,"usd":null}','2026-11-30T11:38:51.211+00:00');
INSERT INTO "events" VALUES(8,4,'ModelEvaluated','{"accuracy":0.0,"extracted":0.0,"model":"base","n":3,"system_message":"","task":"sums"}','2026-11-30T11:38:51.212+00:00');
INSERT INTO "events" VALUES(8,5,'StageProgressed','{"done":6,"note":"tuned","tokens":3,"usd":null}','2026-11-30T11:38:51.978+00:00');
INSERT INTO "events" VALUES(8,6,'ModelEvaluated','{"accuracy":0.0,"extracted":0.0,"model":"tuned","n":3,"system_message":"","task":"sums"}','2026-11-30T11:38:52.059+00:00');
INSERT INTO "events" VALUES(8,7,'StageFinished','{"stage":"evaluate","summary":{"gain":{"by_system_message":[{"ci":[0.0,0.0],"n":3,"p_value":1.0,"system_message":"","value":0.0}],"ci":[0.0,0.0],"n":3,"p_value":1.0,"tasks":[{"ci":[0.0,0.0],"n":3,"p_value":1.0,"task":"sums","value":0.0}],"value":0.0},"models":[{"accuracy":0.0,"by_system_message":[{"accuracy":0.0,"ci":[0.0,0.5614970317550454],"extracted":0.0,"n":3,"system_message":""}],"ci":[0.0,0.5614970317550454],"extracted":0.0,"model":"base","n":3,"tasks":[{"accuracy":0.0,"ci":[0.0,0.5614970317550454],"extracted":0.0,"n":3,"task":"sums"}]},{"accuracy":0.0,"by_system_message":[{"accuracy":0.0,"ci":[0.0,0.5614970317550454],"extracted":0.0,"n":3,"system_message":""}],"ci":[0.0,0.5614970317550454],"extracted":0.0,"model":"tuned","n":3,"tasks":[{"accuracy":0.0,"ci":[0.0,0.5614970317550454],"extracted":0.0,"n":3,"task":"sums"}]}],"run_id":8,"seconds":1.876}}','2026-11-30T11:38:52.060+00:00');
INSERT INTO "events" VALUES(9,1,'RunFailed','{"hint":"run it again","message":"the file is gone"}','2026-11-30T11:38:52.101+00:00');
CREATE TABLE exports (
  id INTEGER PRIMARY KEY, run_id INTEGER REFERENCES runs(id), name TEXT NOT NULL, path TEXT NOT NULL,
  sha256 TEXT NOT NULL, quantization TEXT NOT NULL, bytes INTEGER NOT NULL,
  adapter_id INTEGER REFERENCES adapters(id), acceptance_json TEXT NOT NULL, created_at TEXT NOT NULL
) STRICT;
INSERT INTO "exports" VALUES(1,1,'base','/home/user/workspace/exports/student-base-Q8_0.gguf','5f2329a3ee8ee18a90c5c960a275245185acc9fcaec1fde16c18bac7604c8c3a','Q8_0',5133184,NULL,'{"checks":[{"bound":"identical to the base","name":"metadata","passed":true,"value":"26 keys identical"},{"bound":"every weight","name":"finite","passed":true,"value":"21 tensors finite"},{"bound":"the source, rounded to F16","name":"weights","passed":true,"value":"21 tensors equal"},{"bound":"identical to the base","name":"metadata (Q8_0)","passed":true,"value":"26 keys identical"},{"bound":"every weight","name":"finite (Q8_0)","passed":true,"value":"21 tensors finite"}],"provenance":{"orca_local.base_sha256":"0736652a1b6b81567210bd7c150461fb8f2a9062cfe5aa059c0de52fed1ab9d2","orca_local.version":"1"},"quantized_vs_f16":{"agreement":1.0,"kl":0.0003320248176067137,"positions":163},"tensor_types":{"F32":5,"Q8_0":16}}','2026-11-30T11:38:22.424+00:00');
INSERT INTO "exports" VALUES(2,6,'tuned','/home/user/workspace/exports/student-tuned-Q8_0.gguf','44bec08a37d2419de70a7d033af6a37288f799916ee24d2006be6e2cb1c40bc9','Q8_0',5133664,1,'{"checks":[{"bound":"identical to the base","name":"metadata","passed":true,"value":"26 keys identical"},{"bound":"every weight","name":"finite","passed":true,"value":"21 tensors finite"},{"bound":"≥ 256","name":"positions compared","passed":true,"value":"268"},{"bound":"≤ 0.001","name":"KL to the trained model","passed":true,"value":"1.21e-06"},{"bound":"≥ 99 %","name":"same most likely token","passed":true,"value":"100.00 %"},{"bound":"identical to the base","name":"metadata (Q8_0)","passed":true,"value":"26 keys identical"},{"bound":"every weight","name":"finite (Q8_0)","passed":true,"value":"21 tensors finite"},{"bound":"≥ 95 % of ≥ 20","name":"ends by itself","passed":true,"value":"24 of 24"}],"provenance":{"orca_local.adapter_sha256":"008aff3cce89dfee90adcfac9c99b5ce66c99f09f585c5a0bb77710995f9d5a9","orca_local.base_sha256":"0736652a1b6b81567210bd7c150461fb8f2a9062cfe5aa059c0de52fed1ab9d2","orca_local.recipe":"{\"alpha\": 32.0, \"batch_size\": 4, \"dropout\": 0.0, \"final_learning_rate\": 0.05, \"learning_rate\": 0.0001, \"max_grad_norm\": 1.0, \"quantize_base\": \"none\", \"rank\": 2, \"rank_stabilized\": false, \"schedule\": \"cosine\", \"seed\": 0, \"target_layers\": [], \"total_steps\": 2, \"validate_every\": 1, \"validation_share\": 0.1, \"warmup_steps\": 0, \"weight_decay\": 0.0}","orca_local.version":"1"},"quantized_vs_f16":{"agreement":1.0,"kl":0.00035069385642437083,"positions":268},"tensor_types":{"F32":5,"Q8_0":16}}','2026-11-30T11:38:42.154+00:00');
INSERT INTO "exports" VALUES(3,6,'tuned','/home/user/workspace/exports/student-tuned-F16.gguf','309c5d732684cc4f3d41c011d64b6912d761b485835c51e4fe3d580a57089fb6','F16',8100032,1,'{"checks":[{"bound":"identical to the base","name":"metadata","passed":true,"value":"26 keys identical"},{"bound":"every weight","name":"finite","passed":true,"value":"21 tensors finite"},{"bound":"≥ 256","name":"positions compared","passed":true,"value":"268"},{"bound":"≤ 0.001","name":"KL to the trained model","passed":true,"value":"1.21e-06"},{"bound":"≥ 99 %","name":"same most likely token","passed":true,"value":"100.00 %"},{"bound":"≥ 95 % of ≥ 20","name":"ends by itself","passed":true,"value":"24 of 24"}],"provenance":{"orca_local.adapter_sha256":"008aff3cce89dfee90adcfac9c99b5ce66c99f09f585c5a0bb77710995f9d5a9","orca_local.base_sha256":"0736652a1b6b81567210bd7c150461fb8f2a9062cfe5aa059c0de52fed1ab9d2","orca_local.recipe":"{\"alpha\": 32.0, \"batch_size\": 4, \"dropout\": 0.0, \"final_learning_rate\": 0.05, \"learning_rate\": 0.0001, \"max_grad_norm\": 1.0, \"quantize_base\": \"none\", \"rank\": 2, \"rank_stabilized\": false, \"schedule\": \"cosine\", \"seed\": 0, \"target_layers\": [], \"total_steps\": 2, \"validate_every\": 1, \"validation_share\": 0.1, \"warmup_steps\": 0, \"weight_decay\": 0.0}","orca_local.version":"1"},"tensor_types":{"F16":16,"F32":5}}','2026-11-30T11:38:43.039+00:00');
INSERT INTO "exports" VALUES(4,7,'adapter','/home/user/workspace/exports/student-tuned-adapter.gguf','b7923fecc4e767aa13bbcff0bfeb1e59e936f9003734ee777b8e854e075401d6','F32',10944,1,'{"checks":[{"bound":"every weight","name":"finite","passed":true,"value":"28 tensors finite"},{"bound":"≥ 256","name":"positions compared","passed":true,"value":"268"},{"bound":"≤ 0.001","name":"KL to the trained model","passed":true,"value":"1.15e-06"},{"bound":"≥ 99 %","name":"same most likely token","passed":true,"value":"100.00 %"},{"bound":"≥ 95 % of ≥ 20","name":"ends by itself","passed":true,"value":"24 of 24"}],"provenance":{"orca_local.adapter_sha256":"008aff3cce89dfee90adcfac9c99b5ce66c99f09f585c5a0bb77710995f9d5a9","orca_local.base_sha256":"0736652a1b6b81567210bd7c150461fb8f2a9062cfe5aa059c0de52fed1ab9d2","orca_local.recipe":"{\"alpha\": 32.0, \"batch_size\": 4, \"dropout\": 0.0, \"final_learning_rate\": 0.05, \"learning_rate\": 0.0001, \"max_grad_norm\": 1.0, \"quantize_base\": \"none\", \"rank\": 2, \"rank_stabilized\": false, \"schedule\": \"cosine\", \"seed\": 0, \"target_layers\": [], \"total_steps\": 2, \"validate_every\": 1, \"validation_share\": 0.1, \"warmup_steps\": 0, \"weight_decay\": 0.0}","orca_local.version":"1"},"tensor_types":{"F32":28}}','2026-11-30T11:38:49.625+00:00');
CREATE TABLE generations (
  key TEXT PRIMARY KEY, prompt TEXT NOT NULL, completion TEXT NOT NULL, prompt_tokens INTEGER NOT NULL,
  completion_tokens INTEGER NOT NULL, finish_reason TEXT NOT NULL, duration_ms INTEGER NOT NULL,
  config_json TEXT NOT NULL, created_at TEXT NOT NULL
) STRICT;
INSERT INTO "generations" VALUES('1a832dee9186c999f766ea8255568845f7d8180072baa4b621974a1d2d5180b9','<|im_start|>system
First explain in a few sentences how to find the answer, then answer.
End with a line "Answer: N", where N is the number alone.<|im_end|>
<|im_start|>user
What is 0 in probe of sums?<|im_end|>
<|im_start|>assistant
','',55,1,'stop',15,'{"engine":"llama-cpp-python 0.3.36 cpu as_is kv=f16 fa=off","model":"5f2329a3ee8ee18a90c5c960a275245185acc9fcaec1fde16c18bac7604c8c3a","sampling":{"max_tokens":4,"min_p":0.0,"seed":0,"temperature":0.0,"top_k":0,"top_p":1.0},"stop":[]}','2026-11-30T11:38:24.775+00:00');
INSERT INTO "generations" VALUES('435721425cd245a29f746b9e93b941734e5be9b9f8a32295dab4f82c6bd1d575','<|im_start|>system
First explain in a few sentences how to find the answer, then answer.
End with a line "Answer: N", where N is the number alone.<|im_end|>
<|im_start|>user
What is 1 in probe of sums?<|im_end|>
<|im_start|>assistant
','',55,1,'stop',4,'{"engine":"llama-cpp-python 0.3.36 cpu as_is kv=f16 fa=off","model":"5f2329a3ee8ee18a90c5c960a275245185acc9fcaec1fde16c18bac7604c8c3a","sampling":{"max_tokens":4,"min_p":0.0,"seed":0,"temperature":0.0,"top_k":0,"top_p":1.0},"stop":[]}','2026-11-30T11:38:24.778+00:00');
INSERT INTO "generations" VALUES('853f868a687b1cffa77b22309866d74ba896ba6485458cca17ac14651804b3e8','<|im_start|>system
First copy the facts of the text that the question needs, then answer from them.
End with a line "Answer: N", where N is the number alone.<|im_end|>
<|im_start|>user
What is 0 in probe of sums?<|im_end|>
<|im_start|>assistant
','',57,1,'stop',3,'{"engine":"llama-cpp-python 0.3.36 cpu as_is kv=f16 fa=off","model":"5f2329a3ee8ee18a90c5c960a275245185acc9fcaec1fde16c18bac7604c8c3a","sampling":{"max_tokens":4,"min_p":0.0,"seed":0,"temperature":0.0,"top_k":0,"top_p":1.0},"stop":[]}','2026-11-30T11:38:24.783+00:00');
INSERT INTO "generations" VALUES('2bcef0f8f6481aea3e43155b122973120a3dcbfde64303c69ea31f3c77c4ff8f','<|im_start|>system
First copy the facts of the text that the question needs, then answer from them.
End with a line "Answer: N", where N is the number alone.<|im_end|>
<|im_start|>user
What is 1 in probe of sums?<|im_end|>
<|im_start|>assistant
','',57,1,'stop',5,'{"engine":"llama-cpp-python 0.3.36 cpu as_is kv=f16 fa=off","model":"5f2329a3ee8ee18a90c5c960a275245185acc9fcaec1fde16c18bac7604c8c3a","sampling":{"max_tokens":4,"min_p":0.0,"seed":0,"temperature":0.0,"top_k":0,"top_p":1.0},"stop":[]}','2026-11-30T11:38:24.783+00:00');
INSERT INTO "generations" VALUES('67269b19030f83b5ebaba12192af8a6dda582288f5edabe0e10b0027e87a1f43','<|im_start|>system
First recall a fact or rule that helps, then answer.
End with a line "Answer: N", where N is the number alone.<|im_end|>
<|im_start|>user
What is 0 in probe of sums?<|im_end|>
<|im_start|>assistant
','',52,1,'stop',2,'{"engine":"llama-cpp-python 0.3.36 cpu as_is kv=f16 fa=off","model":"5f2329a3ee8ee18a90c5c960a275245185acc9fcaec1fde16c18bac7604c8c3a","sampling":{"max_tokens":4,"min_p":0.0,"seed":0,"temperature":0.0,"top_k":0,"top_p":1.0},"stop":[]}','2026-11-30T11:38:24.783+00:00');
INSERT INTO "generations" VALUES('80251a8a6b234f35636507320c7414b9ce837ac472e8777c553a7b9b299f3b2a','<|im_start|>system
First recall a fact or rule that helps, then answer.
End with a line "Answer: N", where N is the number alone.<|im_end|>
<|im_start|>user
What is 1 in probe of sums?<|im_end|>
<|im_start|>assistant
','',52,1,'stop',9,'{"engine":"llama-cpp-python 0.3.36 cpu as_is kv=f16 fa=off","model":"5f2329a3ee8ee18a90c5c960a275245185acc9fcaec1fde16c18bac7604c8c3a","sampling":{"max_tokens":4,"min_p":0.0,"seed":0,"temperature":0.0,"top_k":0,"top_p":1.0},"stop":[]}','2026-11-30T11:38:24.783+00:00');
INSERT INTO "generations" VALUES('56643986042c9593a72885df8b57d555eaeacf19757532427ca684b009409aca','<|im_start|>system
First recall the rule that applies, then reason from it step by step, then answer.
End with a line "Answer: N", where N is the number alone.<|im_end|>
<|im_start|>user
What is 0 in probe of sums?<|im_end|>
<|im_start|>assistant
','',58,1,'stop',3,'{"engine":"llama-cpp-python 0.3.36 cpu as_is kv=f16 fa=off","model":"5f2329a3ee8ee18a90c5c960a275245185acc9fcaec1fde16c18bac7604c8c3a","sampling":{"max_tokens":4,"min_p":0.0,"seed":0,"temperature":0.0,"top_k":0,"top_p":1.0},"stop":[]}','2026-11-30T11:38:24.783+00:00');
INSERT INTO "generations" VALUES('9b9e3b7e4a0de494a3cc0aee6bd03cb89923ac853b2474525e2a5cfbaddac932','<|im_start|>system
First recall the rule that applies, then reason from it step by step, then answer.
End with a line "Answer: N", where N is the number alone.<|im_end|>
<|im_start|>user
What is 1 in probe of sums?<|im_end|>
<|im_start|>assistant
','',58,1,'stop',5,'{"engine":"llama-cpp-python 0.3.36 cpu as_is kv=f16 fa=off","model":"5f2329a3ee8ee18a90c5c960a275245185acc9fcaec1fde16c18bac7604c8c3a","sampling":{"max_tokens":4,"min_p":0.0,"seed":0,"temperature":0.0,"top_k":0,"top_p":1.0},"stop":[]}','2026-11-30T11:38:24.784+00:00');
INSERT INTO "generations" VALUES('3edc30f155220ceaead2935e0083db1302b473f964bc6cfdaeb4f711dc56aa01','<|im_start|>system
Think step by step: one small step a line, then answer.
End with a line "Answer: N", where N is the number alone.<|im_end|>
<|im_start|>user
What is 0 in probe of sums?<|im_end|>
<|im_start|>assistant
','',54,1,'stop',3,'{"engine":"llama-cpp-python 0.3.36 cpu as_is kv=f16 fa=off","model":"5f2329a3ee8ee18a90c5c960a275245185acc9fcaec1fde16c18bac7604c8c3a","sampling":{"max_tokens":4,"min_p":0.0,"seed":0,"temperature":0.0,"top_k":0,"top_p":1.0},"stop":[]}','2026-11-30T11:38:24.807+00:00');
INSERT INTO "generations" VALUES('1057e0859bc792f253d2ff01424fda358efc4e68c60555e9df292b8c70ad8546','<|im_start|>system
Think step by step: one small step a line, then answer.
End with a line "Answer: N", where N is the number alone.<|im_end|>
<|im_start|>user
What is 1 in probe of sums?<|im_end|>
<|im_start|>assistant
','',54,1,'stop',1,'{"engine":"llama-cpp-python 0.3.36 cpu as_is kv=f16 fa=off","model":"5f2329a3ee8ee18a90c5c960a275245185acc9fcaec1fde16c18bac7604c8c3a","sampling":{"max_tokens":4,"min_p":0.0,"seed":0,"temperature":0.0,"top_k":0,"top_p":1.0},"stop":[]}','2026-11-30T11:38:24.808+00:00');
INSERT INTO "generations" VALUES('03965d745df34e528e35bb8ea2f2efd0c2a46b5683c170adca78b0e5aafbdf0c','<|im_start|>system
Answer at once, without any explanation.
End with a line "Answer: N", where N is the number alone.<|im_end|>
<|im_start|>user
What is 0 in probe of sums?<|im_end|>
<|im_start|>assistant
','',48,1,'stop',2,'{"engine":"llama-cpp-python 0.3.36 cpu as_is kv=f16 fa=off","model":"5f2329a3ee8ee18a90c5c960a275245185acc9fcaec1fde16c18bac7604c8c3a","sampling":{"max_tokens":4,"min_p":0.0,"seed":0,"temperature":0.0,"top_k":0,"top_p":1.0},"stop":[]}','2026-11-30T11:38:24.808+00:00');
INSERT INTO "generations" VALUES('d6d2e0da3667fb31fbb66c960d33b9f04b2216fb60e9b7b17f10fcec317f4f30','<|im_start|>system
Answer at once, without any explanation.
End with a line "Answer: N", where N is the number alone.<|im_end|>
<|im_start|>user
What is 1 in probe of sums?<|im_end|>
<|im_start|>assistant
','',48,1,'stop',9,'{"engine":"llama-cpp-python 0.3.36 cpu as_is kv=f16 fa=off","model":"5f2329a3ee8ee18a90c5c960a275245185acc9fcaec1fde16c18bac7604c8c3a","sampling":{"max_tokens":4,"min_p":0.0,"seed":0,"temperature":0.0,"top_k":0,"top_p":1.0},"stop":[]}','2026-11-30T11:38:24.808+00:00');
INSERT INTO "generations" VALUES('132aaae0f071d395b0c463fb5eb86724a42ddf1f91de5d955817b8db0b99e663','<|im_start|>system
<|im_end|>
<|im_start|>user
What is 0 in holdout of sums?<|im_end|>
<|im_start|>assistant
','',24,1,'stop',6,'{"engine":"llama-cpp-python 0.3.36 cpu as_is kv=f16 fa=off","model":"5f2329a3ee8ee18a90c5c960a275245185acc9fcaec1fde16c18bac7604c8c3a","sampling":{"max_tokens":4,"min_p":0.0,"seed":0,"temperature":0.0,"top_k":0,"top_p":1.0},"stop":[]}','2026-11-30T11:38:51.041+00:00');
INSERT INTO "generations" VALUES('4bdc3ab5f5ea88291dc526cb5ab51f4d78459016bde18e9a760aa5d1aeefbc24','<|im_start|>system
<|im_end|>
<|im_start|>user
What is 1 in holdout of sums?<|im_end|>
<|im_start|>assistant
','',24,1,'stop',6,'{"engine":"llama-cpp-python 0.3.36 cpu as_is kv=f16 fa=off","model":"5f2329a3ee8ee18a90c5c960a275245185acc9fcaec1fde16c18bac7604c8c3a","sampling":{"max_tokens":4,"min_p":0.0,"seed":0,"temperature":0.0,"top_k":0,"top_p":1.0},"stop":[]}','2026-11-30T11:38:51.041+00:00');
INSERT INTO "generations" VALUES('29d07c7706b147cd69f4df79a9acdd028b6b7bdb8f1a82b4ade8e6098a87af01','<|im_start|>system
<|im_end|>
<|im_start|>user
What is 2 in holdout of sums?<|im_end|>
<|im_start|>assistant
','',24,1,'stop',2,'{"engine":"llama-cpp-python 0.3.36 cpu as_is kv=f16 fa=off","model":"5f2329a3ee8ee18a90c5c960a275245185acc9fcaec1fde16c18bac7604c8c3a","sampling":{"max_tokens":4,"min_p":0.0,"seed":0,"temperature":0.0,"top_k":0,"top_p":1.0},"stop":[]}','2026-11-30T11:38:51.041+00:00');
INSERT INTO "generations" VALUES('ef188884b1d8b6f7750a1d341d0ea2874f5b8bbf7402df020951667ceaa9904f','<|im_start|>system
<|im_end|>
<|im_start|>user
What is 0 in holdout of sums?<|im_end|>
<|im_start|>assistant
','',24,1,'stop',8,'{"engine":"llama-cpp-python 0.3.36 cpu as_is kv=f16 fa=off","model":"44bec08a37d2419de70a7d033af6a37288f799916ee24d2006be6e2cb1c40bc9","sampling":{"max_tokens":4,"min_p":0.0,"seed":0,"temperature":0.0,"top_k":0,"top_p":1.0},"stop":[]}','2026-11-30T11:38:51.945+00:00');
INSERT INTO "generations" VALUES('63556830e4aad3dc07f46ffc987d3ef2fea85d5f089294b7f78eec48636244c3','<|im_start|>system
<|im_end|>
<|im_start|>user
What is 1 in holdout of sums?<|im_end|>
<|im_start|>assistant
','',24,1,'stop',6,'{"engine":"llama-cpp-python 0.3.36 cpu as_is kv=f16 fa=off","model":"44bec08a37d2419de70a7d033af6a37288f799916ee24d2006be6e2cb1c40bc9","sampling":{"max_tokens":4,"min_p":0.0,"seed":0,"temperature":0.0,"top_k":0,"top_p":1.0},"stop":[]}','2026-11-30T11:38:51.946+00:00');
INSERT INTO "generations" VALUES('9ccae2ef2ab462c27e3ccd8f6359aa7dd92a599cb943906e848006138dc5b665','<|im_start|>system
<|im_end|>
<|im_start|>user
What is 2 in holdout of sums?<|im_end|>
<|im_start|>assistant
','',24,1,'stop',2,'{"engine":"llama-cpp-python 0.3.36 cpu as_is kv=f16 fa=off","model":"44bec08a37d2419de70a7d033af6a37288f799916ee24d2006be6e2cb1c40bc9","sampling":{"max_tokens":4,"min_p":0.0,"seed":0,"temperature":0.0,"top_k":0,"top_p":1.0},"stop":[]}','2026-11-30T11:38:51.946+00:00');
CREATE TABLE likelihoods (
  text_hash TEXT NOT NULL, sample_id TEXT NOT NULL REFERENCES samples(id), model_sha256 TEXT NOT NULL,
  system_message TEXT NOT NULL, value REAL NOT NULL,
  PRIMARY KEY (text_hash, sample_id, model_sha256, system_message)
) STRICT, WITHOUT ROWID;
CREATE TABLE measurements (
  id INTEGER PRIMARY KEY, run_id INTEGER NOT NULL REFERENCES runs(id),
  sample_id TEXT NOT NULL REFERENCES samples(id), strategy TEXT NOT NULL,
  model_id INTEGER NOT NULL REFERENCES models(id),
  system_message_id INTEGER NOT NULL REFERENCES system_messages(id), sample_index INTEGER NOT NULL,
  generation_key TEXT NOT NULL REFERENCES generations(key), created_at TEXT NOT NULL,
  UNIQUE (sample_id, model_id, strategy, system_message_id, sample_index, generation_key)
) STRICT;
INSERT INTO "measurements" VALUES(1,2,'sums-probe0','explain_then_answer',1,1,0,'1a832dee9186c999f766ea8255568845f7d8180072baa4b621974a1d2d5180b9','2026-11-30T11:38:24.778+00:00');
INSERT INTO "measurements" VALUES(2,2,'sums-probe1','explain_then_answer',1,1,0,'435721425cd245a29f746b9e93b941734e5be9b9f8a32295dab4f82c6bd1d575','2026-11-30T11:38:24.783+00:00');
INSERT INTO "measurements" VALUES(3,2,'sums-probe0','extract_generate',1,2,0,'853f868a687b1cffa77b22309866d74ba896ba6485458cca17ac14651804b3e8','2026-11-30T11:38:24.783+00:00');
INSERT INTO "measurements" VALUES(4,2,'sums-probe1','extract_generate',1,2,0,'2bcef0f8f6481aea3e43155b122973120a3dcbfde64303c69ea31f3c77c4ff8f','2026-11-30T11:38:24.783+00:00');
INSERT INTO "measurements" VALUES(5,2,'sums-probe0','recall_then_generate',1,3,0,'67269b19030f83b5ebaba12192af8a6dda582288f5edabe0e10b0027e87a1f43','2026-11-30T11:38:24.783+00:00');
INSERT INTO "measurements" VALUES(6,2,'sums-probe1','recall_then_generate',1,3,0,'80251a8a6b234f35636507320c7414b9ce837ac472e8777c553a7b9b299f3b2a','2026-11-30T11:38:24.783+00:00');
INSERT INTO "measurements" VALUES(7,2,'sums-probe0','recall_reason_generate',1,4,0,'56643986042c9593a72885df8b57d555eaeacf19757532427ca684b009409aca','2026-11-30T11:38:24.783+00:00');
INSERT INTO "measurements" VALUES(8,2,'sums-probe1','recall_reason_generate',1,4,0,'9b9e3b7e4a0de494a3cc0aee6bd03cb89923ac853b2474525e2a5cfbaddac932','2026-11-30T11:38:24.784+00:00');
INSERT INTO "measurements" VALUES(9,2,'sums-probe0','step_by_step',1,5,0,'3edc30f155220ceaead2935e0083db1302b473f964bc6cfdaeb4f711dc56aa01','2026-11-30T11:38:24.808+00:00');
INSERT INTO "measurements" VALUES(10,2,'sums-probe1','step_by_step',1,5,0,'1057e0859bc792f253d2ff01424fda358efc4e68c60555e9df292b8c70ad8546','2026-11-30T11:38:24.808+00:00');
INSERT INTO "measurements" VALUES(11,2,'sums-probe0','direct_answer',1,6,0,'03965d745df34e528e35bb8ea2f2efd0c2a46b5683c170adca78b0e5aafbdf0c','2026-11-30T11:38:24.808+00:00');
INSERT INTO "measurements" VALUES(12,2,'sums-probe1','direct_answer',1,6,0,'d6d2e0da3667fb31fbb66c960d33b9f04b2216fb60e9b7b17f10fcec317f4f30','2026-11-30T11:38:24.808+00:00');
INSERT INTO "measurements" VALUES(13,8,'sums-holdout0','',1,7,0,'132aaae0f071d395b0c463fb5eb86724a42ddf1f91de5d955817b8db0b99e663','2026-11-30T11:38:51.041+00:00');
INSERT INTO "measurements" VALUES(14,8,'sums-holdout1','',1,7,0,'4bdc3ab5f5ea88291dc526cb5ab51f4d78459016bde18e9a760aa5d1aeefbc24','2026-11-30T11:38:51.041+00:00');
INSERT INTO "measurements" VALUES(15,8,'sums-holdout2','',1,7,0,'29d07c7706b147cd69f4df79a9acdd028b6b7bdb8f1a82b4ade8e6098a87af01','2026-11-30T11:38:51.041+00:00');
INSERT INTO "measurements" VALUES(16,8,'sums-holdout0','',2,7,0,'ef188884b1d8b6f7750a1d341d0ea2874f5b8bbf7402df020951667ceaa9904f','2026-11-30T11:38:51.946+00:00');
INSERT INTO "measurements" VALUES(17,8,'sums-holdout1','',2,7,0,'63556830e4aad3dc07f46ffc987d3ef2fea85d5f089294b7f78eec48636244c3','2026-11-30T11:38:51.946+00:00');
INSERT INTO "measurements" VALUES(18,8,'sums-holdout2','',2,7,0,'9ccae2ef2ab462c27e3ccd8f6359aa7dd92a599cb943906e848006138dc5b665','2026-11-30T11:38:51.946+00:00');
CREATE TABLE models (
  id INTEGER PRIMARY KEY, path TEXT NOT NULL, sha256 TEXT NOT NULL UNIQUE, architecture TEXT NOT NULL,
  quantization TEXT NOT NULL, parameters INTEGER NOT NULL, created_at TEXT NOT NULL
) STRICT;
INSERT INTO "models" VALUES(1,'/home/user/workspace/exports/student-base-Q8_0.gguf','5f2329a3ee8ee18a90c5c960a275245185acc9fcaec1fde16c18bac7604c8c3a','llama','Q8_0',3164320,'2026-11-30T11:38:23.227+00:00');
INSERT INTO "models" VALUES(2,'/home/user/workspace/exports/student-tuned-Q8_0.gguf','44bec08a37d2419de70a7d033af6a37288f799916ee24d2006be6e2cb1c40bc9','llama','Q8_0',3164320,'2026-11-30T11:38:49.885+00:00');
CREATE TABLE runs (
  id INTEGER PRIMARY KEY, stage TEXT NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('running', 'done', 'failed', 'interrupted', 'dead')),
  settings_json TEXT NOT NULL, versions_json TEXT NOT NULL, inputs_json TEXT NOT NULL,
  pid INTEGER NOT NULL, process_started TEXT NOT NULL, host TEXT NOT NULL, error TEXT NOT NULL,
  started_at TEXT NOT NULL, heartbeat_at TEXT NOT NULL, finished_at TEXT
) STRICT;
INSERT INTO "runs" VALUES(1,'export','done','{"student":{"file":"/home/user/student.gguf","weights":"","quantization":""},"engine":{"base_url":"http://127.0.0.1:8080/v1","model":"","key_env":"STUDENT_API_KEY","timeout_s":120.0,"tries":4,"kind":"llama_cpp","capacity":4,"context":256,"compute":"auto","kv_type":"f16","flash_attention":"auto","gpu_layers":-1,"threads":1},"probe":{"method":"exhaustive","samples":2,"tolerance":0.015,"max_tokens":4,"alpha":0.05},"teacher":{"base_url":"https://api.openai.com/v1","model":"","key_env":"OPENAI_API_KEY","timeout_s":120.0,"tries":4,"kind":"file","file":"","concurrency":8,"requests_per_minute":0,"tokens_per_minute":0,"patience_s":300.0,"max_usd":0.0,"max_calls":0,"max_tokens":1024,"temperature":0.0,"top_p":1.0,"seed":null,"response_format":"text","samples":1,"attempts":0,"retry_temperature":0.7,"on_mismatch":"drop"},"dataset":{"system_message":"You are a careful assistant who reasons well.","max_tokens":2048,"prefer":"first","per_prompt":1,"per_task":0,"balance":1.0,"few_shot":0.0},"train":{"backend":"auto","compute":"float32","quantize_base":"none","rank":2,"alpha":32.0,"rank_stabilized":false,"target_layers":[],"dropout":0.0,"learning_rate":0.0001,"schedule":"cosine","warmup":0.05,"final_learning_rate":0.05,"weight_decay":0.0,"max_grad_norm":1.0,"epochs":3.0,"max_steps":2,"batch_size":4,"pack_tokens":0,"gradient_checkpointing":"auto","seed":0,"validation_share":0.1,"validate_every":0,"sample_answers":2,"checkpoint_every":0},"export":{"quantizations":["Q8_0","F16"],"imatrix":"auto"},"evaluate":{"system_messages":[""],"max_tokens":4,"samples":0}}','{"bitsandbytes":"0.50.2","gguf":"0.19.0","jinja2":"3.1.6","llama-cpp-python":"0.3.36","mlx":"0.32.4","mlx-lm":"0.32.2","numpy":"2.4.6","openai":"3.57.0","orca-local":"0.1.0","python":"3.11.7","sqlite-utils":"4.2.1","system":"Linux-6.1.0-x86_64-with-glibc2.36","torch":"2.13.0+cpu"}','{"orca_local.base_sha256":"0736652a1b6b81567210bd7c150461fb8f2a9062cfe5aa059c0de52fed1ab9d2","orca_local.version":"1"}',32173,'293046','laptop','','2026-11-30T11:38:19.694+00:00','2026-11-30T11:38:23.111+00:00','2026-11-30T11:38:23.111+00:00');
INSERT INTO "runs" VALUES(2,'probe','done','{"student":{"file":"/home/user/student.gguf","weights":"","quantization":""},"engine":{"base_url":"http://127.0.0.1:8080/v1","model":"","key_env":"STUDENT_API_KEY","timeout_s":120.0,"tries":4,"kind":"llama_cpp","capacity":4,"context":256,"compute":"auto","kv_type":"f16","flash_attention":"auto","gpu_layers":-1,"threads":1},"probe":{"method":"exhaustive","samples":2,"tolerance":0.015,"max_tokens":4,"alpha":0.05},"teacher":{"base_url":"https://api.openai.com/v1","model":"","key_env":"OPENAI_API_KEY","timeout_s":120.0,"tries":4,"kind":"file","file":"","concurrency":8,"requests_per_minute":0,"tokens_per_minute":0,"patience_s":300.0,"max_usd":0.0,"max_calls":0,"max_tokens":1024,"temperature":0.0,"top_p":1.0,"seed":null,"response_format":"text","samples":1,"attempts":0,"retry_temperature":0.7,"on_mismatch":"drop"},"dataset":{"system_message":"You are a careful assistant who reasons well.","max_tokens":2048,"prefer":"first","per_prompt":1,"per_task":0,"balance":1.0,"few_shot":0.0},"train":{"backend":"auto","compute":"float32","quantize_base":"none","rank":2,"alpha":32.0,"rank_stabilized":false,"target_layers":[],"dropout":0.0,"learning_rate":0.0001,"schedule":"cosine","warmup":0.05,"final_learning_rate":0.05,"weight_decay":0.0,"max_grad_norm":1.0,"epochs":3.0,"max_steps":2,"batch_size":4,"pack_tokens":0,"gradient_checkpointing":"auto","seed":0,"validation_share":0.1,"validate_every":0,"sample_answers":2,"checkpoint_every":0},"export":{"quantizations":["Q8_0","F16"],"imatrix":"auto"},"evaluate":{"system_messages":[""],"max_tokens":4,"samples":0}}','{"bitsandbytes":"0.50.2","gguf":"0.19.0","jinja2":"3.1.6","llama-cpp-python":"0.3.36","mlx":"0.32.4","mlx-lm":"0.32.2","numpy":"2.4.6","openai":"3.57.0","orca-local":"0.1.0","python":"3.11.7","sqlite-utils":"4.2.1","system":"Linux-6.1.0-x86_64-with-glibc2.36","torch":"2.13.0+cpu"}','{"compute":"as_is","model_sha256":"5f2329a3ee8ee18a90c5c960a275245185acc9fcaec1fde16c18bac7604c8c3a"}',32173,'293046','laptop','','2026-11-30T11:38:23.252+00:00','2026-11-30T11:38:24.899+00:00','2026-11-30T11:38:24.899+00:00');
INSERT INTO "runs" VALUES(3,'teach','done','{"student":{"file":"/home/user/student.gguf","weights":"","quantization":""},"engine":{"base_url":"http://127.0.0.1:8080/v1","model":"","key_env":"STUDENT_API_KEY","timeout_s":120.0,"tries":4,"kind":"llama_cpp","capacity":4,"context":256,"compute":"auto","kv_type":"f16","flash_attention":"auto","gpu_layers":-1,"threads":1},"probe":{"method":"exhaustive","samples":2,"tolerance":0.015,"max_tokens":4,"alpha":0.05},"teacher":{"base_url":"https://api.openai.com/v1","model":"","key_env":"OPENAI_API_KEY","timeout_s":120.0,"tries":4,"kind":"file","file":"","concurrency":8,"requests_per_minute":0,"tokens_per_minute":0,"patience_s":300.0,"max_usd":0.0,"max_calls":0,"max_tokens":1024,"temperature":0.0,"top_p":1.0,"seed":null,"response_format":"text","samples":1,"attempts":0,"retry_temperature":0.7,"on_mismatch":"drop"},"dataset":{"system_message":"You are a careful assistant who reasons well.","max_tokens":2048,"prefer":"first","per_prompt":1,"per_task":0,"balance":1.0,"few_shot":0.0},"train":{"backend":"auto","compute":"float32","quantize_base":"none","rank":2,"alpha":32.0,"rank_stabilized":false,"target_layers":[],"dropout":0.0,"learning_rate":0.0001,"schedule":"cosine","warmup":0.05,"final_learning_rate":0.05,"weight_decay":0.0,"max_grad_norm":1.0,"epochs":3.0,"max_steps":2,"batch_size":4,"pack_tokens":0,"gradient_checkpointing":"auto","seed":0,"validation_share":0.1,"validate_every":0,"sample_answers":2,"checkpoint_every":0},"export":{"quantizations":["Q8_0","F16"],"imatrix":"auto"},"evaluate":{"system_messages":[""],"max_tokens":4,"samples":0}}','{"bitsandbytes":"0.50.2","gguf":"0.19.0","jinja2":"3.1.6","llama-cpp-python":"0.3.36","mlx":"0.32.4","mlx-lm":"0.32.2","numpy":"2.4.6","openai":"3.57.0","orca-local":"0.1.0","python":"3.11.7","sqlite-utils":"4.2.1","system":"Linux-6.1.0-x86_64-with-glibc2.36","torch":"2.13.0+cpu"}','{}',32173,'293046','laptop','','2026-11-30T11:38:24.915+00:00','2026-11-30T11:38:25.023+00:00','2026-11-30T11:38:25.023+00:00');
INSERT INTO "runs" VALUES(4,'dataset','done','{"student":{"file":"/home/user/student.gguf","weights":"","quantization":""},"engine":{"base_url":"http://127.0.0.1:8080/v1","model":"","key_env":"STUDENT_API_KEY","timeout_s":120.0,"tries":4,"kind":"llama_cpp","capacity":4,"context":256,"compute":"auto","kv_type":"f16","flash_attention":"auto","gpu_layers":-1,"threads":1},"probe":{"method":"exhaustive","samples":2,"tolerance":0.015,"max_tokens":4,"alpha":0.05},"teacher":{"base_url":"https://api.openai.com/v1","model":"","key_env":"OPENAI_API_KEY","timeout_s":120.0,"tries":4,"kind":"file","file":"","concurrency":8,"requests_per_minute":0,"tokens_per_minute":0,"patience_s":300.0,"max_usd":0.0,"max_calls":0,"max_tokens":1024,"temperature":0.0,"top_p":1.0,"seed":null,"response_format":"text","samples":1,"attempts":0,"retry_temperature":0.7,"on_mismatch":"drop"},"dataset":{"system_message":"You are a careful assistant who reasons well.","max_tokens":2048,"prefer":"first","per_prompt":1,"per_task":0,"balance":1.0,"few_shot":0.0},"train":{"backend":"auto","compute":"float32","quantize_base":"none","rank":2,"alpha":32.0,"rank_stabilized":false,"target_layers":[],"dropout":0.0,"learning_rate":0.0001,"schedule":"cosine","warmup":0.05,"final_learning_rate":0.05,"weight_decay":0.0,"max_grad_norm":1.0,"epochs":3.0,"max_steps":2,"batch_size":4,"pack_tokens":0,"gradient_checkpointing":"auto","seed":0,"validation_share":0.1,"validate_every":0,"sample_answers":2,"checkpoint_every":0},"export":{"quantizations":["Q8_0","F16"],"imatrix":"auto"},"evaluate":{"system_messages":[""],"max_tokens":4,"samples":0}}','{"bitsandbytes":"0.50.2","gguf":"0.19.0","jinja2":"3.1.6","llama-cpp-python":"0.3.36","mlx":"0.32.4","mlx-lm":"0.32.2","numpy":"2.4.6","openai":"3.57.0","orca-local":"0.1.0","python":"3.11.7","sqlite-utils":"4.2.1","system":"Linux-6.1.0-x86_64-with-glibc2.36","torch":"2.13.0+cpu"}','{}',32173,'293046','laptop','','2026-11-30T11:38:25.608+00:00','2026-11-30T11:38:25.623+00:00','2026-11-30T11:38:25.623+00:00');
INSERT INTO "runs" VALUES(5,'train','done','{"student":{"file":"/home/user/student.gguf","weights":"","quantization":""},"engine":{"base_url":"http://127.0.0.1:8080/v1","model":"","key_env":"STUDENT_API_KEY","timeout_s":120.0,"tries":4,"kind":"llama_cpp","capacity":4,"context":256,"compute":"auto","kv_type":"f16","flash_attention":"auto","gpu_layers":-1,"threads":1},"probe":{"method":"exhaustive","samples":2,"tolerance":0.015,"max_tokens":4,"alpha":0.05},"teacher":{"base_url":"https://api.openai.com/v1","model":"","key_env":"OPENAI_API_KEY","timeout_s":120.0,"tries":4,"kind":"file","file":"","concurrency":8,"requests_per_minute":0,"tokens_per_minute":0,"patience_s":300.0,"max_usd":0.0,"max_calls":0,"max_tokens":1024,"temperature":0.0,"top_p":1.0,"seed":null,"response_format":"text","samples":1,"attempts":0,"retry_temperature":0.7,"on_mismatch":"drop"},"dataset":{"system_message":"You are a careful assistant who reasons well.","max_tokens":2048,"prefer":"first","per_prompt":1,"per_task":0,"balance":1.0,"few_shot":0.0},"train":{"backend":"auto","compute":"float32","quantize_base":"none","rank":2,"alpha":32.0,"rank_stabilized":false,"target_layers":[],"dropout":0.0,"learning_rate":0.0001,"schedule":"cosine","warmup":0.05,"final_learning_rate":0.05,"weight_decay":0.0,"max_grad_norm":1.0,"epochs":3.0,"max_steps":2,"batch_size":4,"pack_tokens":0,"gradient_checkpointing":"auto","seed":0,"validation_share":0.1,"validate_every":0,"sample_answers":2,"checkpoint_every":0},"export":{"quantizations":["Q8_0","F16"],"imatrix":"auto"},"evaluate":{"system_messages":[""],"max_tokens":4,"samples":0}}','{"bitsandbytes":"0.50.2","gguf":"0.19.0","jinja2":"3.1.6","llama-cpp-python":"0.3.36","mlx":"0.32.4","mlx-lm":"0.32.2","numpy":"2.4.6","openai":"3.57.0","orca-local":"0.1.0","python":"3.11.7","sqlite-utils":"4.2.1","system":"Linux-6.1.0-x86_64-with-glibc2.36","torch":"2.13.0+cpu"}','{"rows":44,"weights_sha256":"0736652a1b6b81567210bd7c150461fb8f2a9062cfe5aa059c0de52fed1ab9d2"}',32173,'293046','laptop','','2026-11-30T11:38:26.391+00:00','2026-11-30T11:38:32.819+00:00','2026-11-30T11:38:32.819+00:00');
INSERT INTO "runs" VALUES(6,'export','done','{"student":{"file":"/home/user/student.gguf","weights":"","quantization":""},"engine":{"base_url":"http://127.0.0.1:8080/v1","model":"","key_env":"STUDENT_API_KEY","timeout_s":120.0,"tries":4,"kind":"llama_cpp","capacity":4,"context":256,"compute":"auto","kv_type":"f16","flash_attention":"auto","gpu_layers":-1,"threads":1},"probe":{"method":"exhaustive","samples":2,"tolerance":0.015,"max_tokens":4,"alpha":0.05},"teacher":{"base_url":"https://api.openai.com/v1","model":"","key_env":"OPENAI_API_KEY","timeout_s":120.0,"tries":4,"kind":"file","file":"","concurrency":8,"requests_per_minute":0,"tokens_per_minute":0,"patience_s":300.0,"max_usd":0.0,"max_calls":0,"max_tokens":1024,"temperature":0.0,"top_p":1.0,"seed":null,"response_format":"text","samples":1,"attempts":0,"retry_temperature":0.7,"on_mismatch":"drop"},"dataset":{"system_message":"You are a careful assistant who reasons well.","max_tokens":2048,"prefer":"first","per_prompt":1,"per_task":0,"balance":1.0,"few_shot":0.0},"train":{"backend":"auto","compute":"float32","quantize_base":"none","rank":2,"alpha":32.0,"rank_stabilized":false,"target_layers":[],"dropout":0.0,"learning_rate":0.0001,"schedule":"cosine","warmup":0.05,"final_learning_rate":0.05,"weight_decay":0.0,"max_grad_norm":1.0,"epochs":3.0,"max_steps":2,"batch_size":4,"pack_tokens":0,"gradient_checkpointing":"auto","seed":0,"validation_share":0.1,"validate_every":0,"sample_answers":2,"checkpoint_every":0},"export":{"quantizations":["Q8_0","F16"],"imatrix":"auto"},"evaluate":{"system_messages":[""],"max_tokens":4,"samples":0}}','{"bitsandbytes":"0.50.2","gguf":"0.19.0","jinja2":"3.1.6","llama-cpp-python":"0.3.36","mlx":"0.32.4","mlx-lm":"0.32.2","numpy":"2.4.6","openai":"3.57.0","orca-local":"0.1.0","python":"3.11.7","sqlite-utils":"4.2.1","system":"Linux-6.1.0-x86_64-with-glibc2.36","torch":"2.13.0+cpu"}','{"orca_local.adapter_sha256":"008aff3cce89dfee90adcfac9c99b5ce66c99f09f585c5a0bb77710995f9d5a9","orca_local.base_sha256":"0736652a1b6b81567210bd7c150461fb8f2a9062cfe5aa059c0de52fed1ab9d2","orca_local.recipe":"{\"alpha\": 32.0, \"batch_size\": 4, \"dropout\": 0.0, \"final_learning_rate\": 0.05, \"learning_rate\": 0.0001, \"max_grad_norm\": 1.0, \"quantize_base\": \"none\", \"rank\": 2, \"rank_stabilized\": false, \"schedule\": \"cosine\", \"seed\": 0, \"target_layers\": [], \"total_steps\": 2, \"validate_every\": 1, \"validation_share\": 0.1, \"warmup_steps\": 0, \"weight_decay\": 0.0}","orca_local.version":"1"}',32173,'293046','laptop','','2026-11-30T11:38:33.356+00:00','2026-11-30T11:38:44.359+00:00','2026-11-30T11:38:44.359+00:00');
INSERT INTO "runs" VALUES(7,'export','done','{"student":{"file":"/home/user/student.gguf","weights":"","quantization":""},"engine":{"base_url":"http://127.0.0.1:8080/v1","model":"","key_env":"STUDENT_API_KEY","timeout_s":120.0,"tries":4,"kind":"llama_cpp","capacity":4,"context":256,"compute":"auto","kv_type":"f16","flash_attention":"auto","gpu_layers":-1,"threads":1},"probe":{"method":"exhaustive","samples":2,"tolerance":0.015,"max_tokens":4,"alpha":0.05},"teacher":{"base_url":"https://api.openai.com/v1","model":"","key_env":"OPENAI_API_KEY","timeout_s":120.0,"tries":4,"kind":"file","file":"","concurrency":8,"requests_per_minute":0,"tokens_per_minute":0,"patience_s":300.0,"max_usd":0.0,"max_calls":0,"max_tokens":1024,"temperature":0.0,"top_p":1.0,"seed":null,"response_format":"text","samples":1,"attempts":0,"retry_temperature":0.7,"on_mismatch":"drop"},"dataset":{"system_message":"You are a careful assistant who reasons well.","max_tokens":2048,"prefer":"first","per_prompt":1,"per_task":0,"balance":1.0,"few_shot":0.0},"train":{"backend":"auto","compute":"float32","quantize_base":"none","rank":2,"alpha":32.0,"rank_stabilized":false,"target_layers":[],"dropout":0.0,"learning_rate":0.0001,"schedule":"cosine","warmup":0.05,"final_learning_rate":0.05,"weight_decay":0.0,"max_grad_norm":1.0,"epochs":3.0,"max_steps":2,"batch_size":4,"pack_tokens":0,"gradient_checkpointing":"auto","seed":0,"validation_share":0.1,"validate_every":0,"sample_answers":2,"checkpoint_every":0},"export":{"quantizations":["Q8_0","F16"],"imatrix":"auto"},"evaluate":{"system_messages":[""],"max_tokens":4,"samples":0}}','{"bitsandbytes":"0.50.2","gguf":"0.19.0","jinja2":"3.1.6","llama-cpp-python":"0.3.36","mlx":"0.32.4","mlx-lm":"0.32.2","numpy":"2.4.6","openai":"3.57.0","orca-local":"0.1.0","python":"3.11.7","sqlite-utils":"4.2.1","system":"Linux-6.1.0-x86_64-with-glibc2.36","torch":"2.13.0+cpu"}','{"adapter_only":true,"orca_local.adapter_sha256":"008aff3cce89dfee90adcfac9c99b5ce66c99f09f585c5a0bb77710995f9d5a9","orca_local.base_sha256":"0736652a1b6b81567210bd7c150461fb8f2a9062cfe5aa059c0de52fed1ab9d2","orca_local.recipe":"{\"alpha\": 32.0, \"batch_size\": 4, \"dropout\": 0.0, \"final_learning_rate\": 0.05, \"learning_rate\": 0.0001, \"max_grad_norm\": 1.0, \"quantize_base\": \"none\", \"rank\": 2, \"rank_stabilized\": false, \"schedule\": \"cosine\", \"seed\": 0, \"target_layers\": [], \"total_steps\": 2, \"validate_every\": 1, \"validation_share\": 0.1, \"warmup_steps\": 0, \"weight_decay\": 0.0}","orca_local.version":"1"}',32173,'293046','laptop','','2026-11-30T11:38:45.125+00:00','2026-11-30T11:38:49.647+00:00','2026-11-30T11:38:49.647+00:00');
INSERT INTO "runs" VALUES(8,'evaluate','done','{"student":{"file":"/home/user/student.gguf","weights":"","quantization":""},"engine":{"base_url":"http://127.0.0.1:8080/v1","model":"","key_env":"STUDENT_API_KEY","timeout_s":120.0,"tries":4,"kind":"llama_cpp","capacity":4,"context":256,"compute":"auto","kv_type":"f16","flash_attention":"auto","gpu_layers":-1,"threads":1},"probe":{"method":"exhaustive","samples":2,"tolerance":0.015,"max_tokens":4,"alpha":0.05},"teacher":{"base_url":"https://api.openai.com/v1","model":"","key_env":"OPENAI_API_KEY","timeout_s":120.0,"tries":4,"kind":"file","file":"","concurrency":8,"requests_per_minute":0,"tokens_per_minute":0,"patience_s":300.0,"max_usd":0.0,"max_calls":0,"max_tokens":1024,"temperature":0.0,"top_p":1.0,"seed":null,"response_format":"text","samples":1,"attempts":0,"retry_temperature":0.7,"on_mismatch":"drop"},"dataset":{"system_message":"You are a careful assistant who reasons well.","max_tokens":2048,"prefer":"first","per_prompt":1,"per_task":0,"balance":1.0,"few_shot":0.0},"train":{"backend":"auto","compute":"float32","quantize_base":"none","rank":2,"alpha":32.0,"rank_stabilized":false,"target_layers":[],"dropout":0.0,"learning_rate":0.0001,"schedule":"cosine","warmup":0.05,"final_learning_rate":0.05,"weight_decay":0.0,"max_grad_norm":1.0,"epochs":3.0,"max_steps":2,"batch_size":4,"pack_tokens":0,"gradient_checkpointing":"auto","seed":0,"validation_share":0.1,"validate_every":0,"sample_answers":2,"checkpoint_every":0},"export":{"quantizations":["Q8_0","F16"],"imatrix":"auto"},"evaluate":{"system_messages":[""],"max_tokens":4,"samples":0}}','{"bitsandbytes":"0.50.2","gguf":"0.19.0","jinja2":"3.1.6","llama-cpp-python":"0.3.36","mlx":"0.32.4","mlx-lm":"0.32.2","numpy":"2.4.6","openai":"3.57.0","orca-local":"0.1.0","python":"3.11.7","sqlite-utils":"4.2.1","system":"Linux-6.1.0-x86_64-with-glibc2.36","torch":"2.13.0+cpu"}','{}',32173,'293046','laptop','','2026-11-30T11:38:50.174+00:00','2026-11-30T11:38:52.075+00:00','2026-11-30T11:38:52.075+00:00');
INSERT INTO "runs" VALUES(9,'evaluate','failed','{"student":{"file":"/home/user/student.gguf","weights":"","quantization":""},"engine":{"base_url":"http://127.0.0.1:8080/v1","model":"","key_env":"STUDENT_API_KEY","timeout_s":120.0,"tries":4,"kind":"llama_cpp","capacity":4,"context":256,"compute":"auto","kv_type":"f16","flash_attention":"auto","gpu_layers":-1,"threads":1},"probe":{"method":"exhaustive","samples":2,"tolerance":0.015,"max_tokens":4,"alpha":0.05},"teacher":{"base_url":"https://api.openai.com/v1","model":"","key_env":"OPENAI_API_KEY","timeout_s":120.0,"tries":4,"kind":"file","file":"","concurrency":8,"requests_per_minute":0,"tokens_per_minute":0,"patience_s":300.0,"max_usd":0.0,"max_calls":0,"max_tokens":1024,"temperature":0.0,"top_p":1.0,"seed":null,"response_format":"text","samples":1,"attempts":0,"retry_temperature":0.7,"on_mismatch":"drop"},"dataset":{"system_message":"You are a careful assistant who reasons well.","max_tokens":2048,"prefer":"first","per_prompt":1,"per_task":0,"balance":1.0,"few_shot":0.0},"train":{"backend":"auto","compute":"float32","quantize_base":"none","rank":2,"alpha":32.0,"rank_stabilized":false,"target_layers":[],"dropout":0.0,"learning_rate":0.0001,"schedule":"cosine","warmup":0.05,"final_learning_rate":0.05,"weight_decay":0.0,"max_grad_norm":1.0,"epochs":3.0,"max_steps":2,"batch_size":4,"pack_tokens":0,"gradient_checkpointing":"auto","seed":0,"validation_share":0.1,"validate_every":0,"sample_answers":2,"checkpoint_every":0},"export":{"quantizations":["Q8_0","F16"],"imatrix":"auto"},"evaluate":{"system_messages":[""],"max_tokens":4,"samples":0}}','{"bitsandbytes":"0.50.2","gguf":"0.19.0","jinja2":"3.1.6","llama-cpp-python":"0.3.36","mlx":"0.32.4","mlx-lm":"0.32.2","numpy":"2.4.6","openai":"3.57.0","orca-local":"0.1.0","python":"3.11.7","sqlite-utils":"4.2.1","system":"Linux-6.1.0-x86_64-with-glibc2.36","torch":"2.13.0+cpu"}','{}',32173,'293046','laptop','the file is gone','2026-11-30T11:38:52.096+00:00','2026-11-30T11:38:52.108+00:00','2026-11-30T11:38:52.108+00:00');
CREATE TABLE samples (
  id TEXT PRIMARY KEY, task TEXT NOT NULL REFERENCES tasks(name),
  split TEXT NOT NULL CHECK (split IN ('probe', 'train', 'holdout')), kind TEXT NOT NULL,
  prompt TEXT NOT NULL, answer_json TEXT NOT NULL, labels_json TEXT NOT NULL, rationale TEXT,
  metadata_json TEXT NOT NULL, content_hash TEXT NOT NULL UNIQUE, created_at TEXT NOT NULL
) STRICT;
INSERT INTO "samples" VALUES('sums-probe0','sums','probe','number','What is 0 in probe of sums?','["0"]','[]','It is 0, as anybody can see.

Answer: 0','{}','3f82ed8b965bd57de0733a28215efee7569cd6c9ad080e6c3e971637a0b65d76','2026-11-30T11:38:19.547+00:00');
INSERT INTO "samples" VALUES('sums-probe1','sums','probe','number','What is 1 in probe of sums?','["1"]','[]','It is 1, as anybody can see.

Answer: 1','{}','4ad4020a5fe5eb4fca1a133610d56eed6d967f6ceb1810bbd4ab7d0252bf4022','2026-11-30T11:38:19.547+00:00');
INSERT INTO "samples" VALUES('sums-train0','sums','train','number','What is 0 in train of sums?','["0"]','[]','It is 0, as anybody can see.

Answer: 0','{}','6c71fb30d8273517673de0c2bf0f3e0cfa488832b7642eed2bc568d7d8ff9f3a','2026-11-30T11:38:19.548+00:00');
INSERT INTO "samples" VALUES('sums-train1','sums','train','number','What is 1 in train of sums?','["1"]','[]','It is 1, as anybody can see.

Answer: 1','{}','94914fe7c76de03ee62cb55c87538cf09b2aa6a41eb92202a06bd493af01495f','2026-11-30T11:38:19.548+00:00');
INSERT INTO "samples" VALUES('sums-train2','sums','train','number','What is 2 in train of sums?','["2"]','[]','It is 2, as anybody can see.

Answer: 2','{}','4cbd7d037e9ca386f69e5cf221d5daad77bcf09c6feea0edec3988a5fdd92f00','2026-11-30T11:38:19.548+00:00');
INSERT INTO "samples" VALUES('sums-train3','sums','train','number','What is 3 in train of sums?','["3"]','[]','It is 3, as anybody can see.

Answer: 3','{}','9391160d87bd4e0859f96484f0d09db39148c74ace4201afd4cb0acfc4aca7d9','2026-11-30T11:38:19.548+00:00');
INSERT INTO "samples" VALUES('sums-train4','sums','train','number','What is 4 in train of sums?','["4"]','[]','It is 4, as anybody can see.

Answer: 4','{}','037de9a7191205939bd50a8009d8563efb0a226bd7906ae6d4323e61a5cb9ba0','2026-11-30T11:38:19.548+00:00');
INSERT INTO "samples" VALUES('sums-train5','sums','train','number','What is 5 in train of sums?','["5"]','[]','It is 5, as anybody can see.

Answer: 5','{}','883262927312e03fa05af941ef38739485b664eef79154977bb7eff30cedc508','2026-11-30T11:38:19.548+00:00');
INSERT INTO "samples" VALUES('sums-train6','sums','train','number','What is 6 in train of sums?','["6"]','[]','It is 6, as anybody can see.

Answer: 6','{}','d34f5e3d3d5a3e2cda909ce535376565e3a2ba151b01a3cab076168d59ac40c1','2026-11-30T11:38:19.548+00:00');
INSERT INTO "samples" VALUES('sums-train7','sums','train','number','What is 7 in train of sums?','["7"]','[]','It is 7, as anybody can see.

Answer: 7','{}','41444eee117fed3e26b0c2f13772504738eef8fb000b146419f0788dcd7a83e7','2026-11-30T11:38:19.548+00:00');
INSERT INTO "samples" VALUES('sums-train8','sums','train','number','What is 8 in train of sums?','["8"]','[]','It is 8, as anybody can see.

Answer: 8','{}','dd758fbcc1dd9bba71d095faea3e467f9fbb91766bf5217aaab4418698559661','2026-11-30T11:38:19.548+00:00');
INSERT INTO "samples" VALUES('sums-train9','sums','train','number','What is 9 in train of sums?','["9"]','[]','It is 9, as anybody can see.

Answer: 9','{}','54ed99369ae57b4344cf00aecc470dc196e33e95a13e5dbf129fc44fc6c0e093','2026-11-30T11:38:19.548+00:00');
INSERT INTO "samples" VALUES('sums-train10','sums','train','number','What is 10 in train of sums?','["10"]','[]','It is 10, as anybody can see.

Answer: 10','{}','c2a8b76756b15cf20bbb64793170372a67aa915122ac61d5296faeabbed7ae71','2026-11-30T11:38:19.548+00:00');
INSERT INTO "samples" VALUES('sums-train11','sums','train','number','What is 11 in train of sums?','["11"]','[]','It is 11, as anybody can see.

Answer: 11','{}','3d48f5034ddcc59e038153bea5201b7e935a9939508938a612aadb7fef14e336','2026-11-30T11:38:19.548+00:00');
INSERT INTO "samples" VALUES('sums-train12','sums','train','number','What is 12 in train of sums?','["12"]','[]','It is 12, as anybody can see.

Answer: 12','{}','f30293bd187c7261b09f0aa05981ac83802a0435774981ab010324332f7fcd29','2026-11-30T11:38:19.548+00:00');
INSERT INTO "samples" VALUES('sums-train13','sums','train','number','What is 13 in train of sums?','["13"]','[]','It is 13, as anybody can see.

Answer: 13','{}','fa5ff8fa141ae7ddcb82f9676c57ba125571ca468a4a2f7713a4e967076f7bc4','2026-11-30T11:38:19.548+00:00');
INSERT INTO "samples" VALUES('sums-train14','sums','train','number','What is 14 in train of sums?','["14"]','[]','It is 14, as anybody can see.

Answer: 14','{}','f0ec914dfbc5bec07428db0158d3bedfdcc9dbbb7f9eaa1fea41b541970c20e7','2026-11-30T11:38:19.548+00:00');
INSERT INTO "samples" VALUES('sums-train15','sums','train','number','What is 15 in train of sums?','["15"]','[]','It is 15, as anybody can see.

Answer: 15','{}','9744301827db8c4e0fe7f43f2677bbf0dab5966b279fe95b423e6facde5d3685','2026-11-30T11:38:19.548+00:00');
INSERT INTO "samples" VALUES('sums-train16','sums','train','number','What is 16 in train of sums?','["16"]','[]','It is 16, as anybody can see.

Answer: 16','{}','4f6d2f9934bdeb1714b95ac4dcd1f54b89ed02f5be83350c1dad33212ee5417f','2026-11-30T11:38:19.548+00:00');
INSERT INTO "samples" VALUES('sums-train17','sums','train','number','What is 17 in train of sums?','["17"]','[]','It is 17, as anybody can see.

Answer: 17','{}','1ce17924cfaf27ca295a10a0876837f7f602f300e50a349db6aca546f7ecfcad','2026-11-30T11:38:19.548+00:00');
INSERT INTO "samples" VALUES('sums-train18','sums','train','number','What is 18 in train of sums?','["18"]','[]','It is 18, as anybody can see.

Answer: 18','{}','e845d7d58b8256205d1f3d5271553afae4a10b004b4bfb4f56f85386b3813ba3','2026-11-30T11:38:19.548+00:00');
INSERT INTO "samples" VALUES('sums-train19','sums','train','number','What is 19 in train of sums?','["19"]','[]','It is 19, as anybody can see.

Answer: 19','{}','f18bafd0d786e7fe76508db81b5343b18daaca6a42cf5f9eb95eb33e9df213c1','2026-11-30T11:38:19.548+00:00');
INSERT INTO "samples" VALUES('sums-train20','sums','train','number','What is 20 in train of sums?','["20"]','[]','It is 20, as anybody can see.

Answer: 20','{}','ee87425233695b3eab08bddd2fedeb15d6ea35f4d4dee850dd4ac758dc4e999e','2026-11-30T11:38:19.548+00:00');
INSERT INTO "samples" VALUES('sums-train21','sums','train','number','What is 21 in train of sums?','["21"]','[]','It is 21, as anybody can see.

Answer: 21','{}','a6a8d57051dbdebc7c003f059645e8f67bc0917374dbc4601be6bb1b34615259','2026-11-30T11:38:19.548+00:00');
INSERT INTO "samples" VALUES('sums-holdout0','sums','holdout','number','What is 0 in holdout of sums?','["0"]','[]','It is 0, as anybody can see.

Answer: 0','{}','de37e7ecd0eb8623177097ae8291513aba17340829f431b008bae43713c3491d','2026-11-30T11:38:19.548+00:00');
INSERT INTO "samples" VALUES('sums-holdout1','sums','holdout','number','What is 1 in holdout of sums?','["1"]','[]','It is 1, as anybody can see.

Answer: 1','{}','88ed6394d754a058acc9e67916cb7f228b25d1cc68f797ebc7d4261c35c2dadc','2026-11-30T11:38:19.548+00:00');
INSERT INTO "samples" VALUES('sums-holdout2','sums','holdout','number','What is 2 in holdout of sums?','["2"]','[]','It is 2, as anybody can see.

Answer: 2','{}','b7f508ad152a900eb656c41994cc851714a2d26973fe828c4cdcaa5a47350a21','2026-11-30T11:38:19.548+00:00');
INSERT INTO "samples" VALUES('letters-probe0','letters','probe','free','What is 0 in probe of letters?','[]','[]','Dear 0, hello.','{}','0252a9979efe8f0fd288e8056e7af1d964160393facbac385a6877b5c0182193','2026-11-30T11:38:19.548+00:00');
INSERT INTO "samples" VALUES('letters-probe1','letters','probe','free','What is 1 in probe of letters?','[]','[]','Dear 1, hello.','{}','c0e800f21d5b3167f53e86df326879722ff35390e1adb1e84860ad5be19ff6dc','2026-11-30T11:38:19.548+00:00');
INSERT INTO "samples" VALUES('letters-train0','letters','train','free','What is 0 in train of letters?','[]','[]','Dear 0, hello.','{}','5874132c06098c01eab28b88d23a2e71df440a040eee86488ff6830a10b4c49c','2026-11-30T11:38:19.548+00:00');
INSERT INTO "samples" VALUES('letters-train1','letters','train','free','What is 1 in train of letters?','[]','[]','Dear 1, hello.','{}','5822c77a3113a4d9686401944f2bd072ec39d01acaf733668a6f8302fe894d2e','2026-11-30T11:38:19.548+00:00');
INSERT INTO "samples" VALUES('letters-train2','letters','train','free','What is 2 in train of letters?','[]','[]','Dear 2, hello.','{}','d4ac2848d7e56d6cab538cb865e390a697ad1082dce466dd39844007478f0e82','2026-11-30T11:38:19.548+00:00');
INSERT INTO "samples" VALUES('letters-train3','letters','train','free','What is 3 in train of letters?','[]','[]','Dear 3, hello.','{}','496c7f6731a13d3b41bbe3bc822b733588709e2a0fd4e1ed6dc73e2d764e643f','2026-11-30T11:38:19.548+00:00');
INSERT INTO "samples" VALUES('letters-train4','letters','train','free','What is 4 in train of letters?','[]','[]','Dear 4, hello.','{}','137f3de1ef39229fadb6151e4345a76bc7ae3daf6073b88ffa84632ad2e52a48','2026-11-30T11:38:19.548+00:00');
INSERT INTO "samples" VALUES('letters-train5','letters','train','free','What is 5 in train of letters?','[]','[]','Dear 5, hello.','{}','4c3f7244782144585ae32c0d852b84ca1b471ca8ffb83cf03eb9a2930421a794','2026-11-30T11:38:19.548+00:00');
INSERT INTO "samples" VALUES('letters-train6','letters','train','free','What is 6 in train of letters?','[]','[]','Dear 6, hello.','{}','c10b73998c70e048c11833f3c74f197c97344109ed9b6069753d7dadfc268c60','2026-11-30T11:38:19.548+00:00');
INSERT INTO "samples" VALUES('letters-train7','letters','train','free','What is 7 in train of letters?','[]','[]','Dear 7, hello.','{}','53108aabaa9962ad915184cca820e81564807b4718a9d7ce86d64893cfc3982e','2026-11-30T11:38:19.549+00:00');
INSERT INTO "samples" VALUES('letters-train8','letters','train','free','What is 8 in train of letters?','[]','[]','Dear 8, hello.','{}','7d59545c083faf02377406dc747391f50d69dc97253744c5061636197c98e6f8','2026-11-30T11:38:19.549+00:00');
INSERT INTO "samples" VALUES('letters-train9','letters','train','free','What is 9 in train of letters?','[]','[]','Dear 9, hello.','{}','ebe345699c34f7b7f1c3c609b5c09875e674259116be51c07d0d06372dcca1a4','2026-11-30T11:38:19.549+00:00');
INSERT INTO "samples" VALUES('letters-train10','letters','train','free','What is 10 in train of letters?','[]','[]','Dear 10, hello.','{}','2a7ddc7f6ea868d05b6ccbbb9c5f99d5881d04f11c4b9f1a00984970a49ca394','2026-11-30T11:38:19.549+00:00');
INSERT INTO "samples" VALUES('letters-train11','letters','train','free','What is 11 in train of letters?','[]','[]','Dear 11, hello.','{}','f31790612091309c2cb75be2031d4073d1f2e499b9fa2111806efeb1f43cf143','2026-11-30T11:38:19.549+00:00');
INSERT INTO "samples" VALUES('letters-train12','letters','train','free','What is 12 in train of letters?','[]','[]','Dear 12, hello.','{}','a6ee876ba634e60c12de38e5449f36d2dd7cdc376d00a4fde57ddedc240526cd','2026-11-30T11:38:19.549+00:00');
INSERT INTO "samples" VALUES('letters-train13','letters','train','free','What is 13 in train of letters?','[]','[]','Dear 13, hello.','{}','a38b6621ac7b0b0e691f41d2179bc04a2805599eb980866c60c1ef9c107c99b7','2026-11-30T11:38:19.549+00:00');
INSERT INTO "samples" VALUES('letters-train14','letters','train','free','What is 14 in train of letters?','[]','[]','Dear 14, hello.','{}','5e760ca8dbdd07883077a7a39a07af2508aded2d47539d69fc6fdb5e1fd0ad68','2026-11-30T11:38:19.549+00:00');
INSERT INTO "samples" VALUES('letters-train15','letters','train','free','What is 15 in train of letters?','[]','[]','Dear 15, hello.','{}','dd4bfdf53c525e1f1bba3c63006359d0bb17aeef55bcb57c4e70b4113b08ecd5','2026-11-30T11:38:19.549+00:00');
INSERT INTO "samples" VALUES('letters-train16','letters','train','free','What is 16 in train of letters?','[]','[]','Dear 16, hello.','{}','7d57485c3938f9aea9adf61ea0e46b613ea7d1f75984a81980102091dc52c77b','2026-11-30T11:38:19.549+00:00');
INSERT INTO "samples" VALUES('letters-train17','letters','train','free','What is 17 in train of letters?','[]','[]','Dear 17, hello.','{}','3ab8c4c3dc94b543c5ef3d08d264b0d80113d2a02b6b1f3385748ba80f38a858','2026-11-30T11:38:19.549+00:00');
INSERT INTO "samples" VALUES('letters-train18','letters','train','free','What is 18 in train of letters?','[]','[]','Dear 18, hello.','{}','95d7845a8de38421b0085116fd71fb5b904242ffbe23a1e0f27113498cfd634d','2026-11-30T11:38:19.549+00:00');
INSERT INTO "samples" VALUES('letters-train19','letters','train','free','What is 19 in train of letters?','[]','[]','Dear 19, hello.','{}','388c3bfc8d6096a9cd67151966aec7500048d64fa1c483725b47f2edbcb61a19','2026-11-30T11:38:19.549+00:00');
INSERT INTO "samples" VALUES('letters-train20','letters','train','free','What is 20 in train of letters?','[]','[]','Dear 20, hello.','{}','cc52bf6b76ccf2d4e21feabaacde604742f8e9be2b4bf9644eca3acdf886b77d','2026-11-30T11:38:19.549+00:00');
INSERT INTO "samples" VALUES('letters-train21','letters','train','free','What is 21 in train of letters?','[]','[]','Dear 21, hello.','{}','e32c71c3e96eabde8fcafb47fbb37050309929e4827964a524487b47afb30f38','2026-11-30T11:38:19.549+00:00');
INSERT INTO "samples" VALUES('letters-holdout0','letters','holdout','free','What is 0 in holdout of letters?','[]','[]','Dear 0, hello.','{}','7eba4ca30b80c9bced352640753f7aa136aa372af6be0c69547808e7ff427455','2026-11-30T11:38:19.549+00:00');
INSERT INTO "samples" VALUES('letters-holdout1','letters','holdout','free','What is 1 in holdout of letters?','[]','[]','Dear 1, hello.','{}','67b2e8a7202f2cf6351e8278dfb8bd3f0f1dd9b54dd35984e42fe1ccb6996027','2026-11-30T11:38:19.549+00:00');
INSERT INTO "samples" VALUES('letters-holdout2','letters','holdout','free','What is 2 in holdout of letters?','[]','[]','Dear 2, hello.','{}','ba08ad4bde7cf9a5865f349c5e1b1e9eeb59378d614a7a2e5c66214fbbf31249','2026-11-30T11:38:19.549+00:00');
CREATE TABLE scores (
  generation_key TEXT NOT NULL REFERENCES generations(key), sample_id TEXT NOT NULL REFERENCES samples(id),
  extracted TEXT, value REAL CHECK (value BETWEEN 0 AND 1), scorer TEXT NOT NULL,
  PRIMARY KEY (generation_key, sample_id)
) STRICT, WITHOUT ROWID;
INSERT INTO "scores" VALUES('03965d745df34e528e35bb8ea2f2efd0c2a46b5683c170adca78b0e5aafbdf0c','sums-probe0',NULL,NULL,'number');
INSERT INTO "scores" VALUES('1057e0859bc792f253d2ff01424fda358efc4e68c60555e9df292b8c70ad8546','sums-probe1',NULL,NULL,'number');
INSERT INTO "scores" VALUES('132aaae0f071d395b0c463fb5eb86724a42ddf1f91de5d955817b8db0b99e663','sums-holdout0',NULL,NULL,'number');
INSERT INTO "scores" VALUES('1a832dee9186c999f766ea8255568845f7d8180072baa4b621974a1d2d5180b9','sums-probe0',NULL,NULL,'number');
INSERT INTO "scores" VALUES('29d07c7706b147cd69f4df79a9acdd028b6b7bdb8f1a82b4ade8e6098a87af01','sums-holdout2',NULL,NULL,'number');
INSERT INTO "scores" VALUES('2bcef0f8f6481aea3e43155b122973120a3dcbfde64303c69ea31f3c77c4ff8f','sums-probe1',NULL,NULL,'number');
INSERT INTO "scores" VALUES('3edc30f155220ceaead2935e0083db1302b473f964bc6cfdaeb4f711dc56aa01','sums-probe0',NULL,NULL,'number');
INSERT INTO "scores" VALUES('435721425cd245a29f746b9e93b941734e5be9b9f8a32295dab4f82c6bd1d575','sums-probe1',NULL,NULL,'number');
INSERT INTO "scores" VALUES('4bdc3ab5f5ea88291dc526cb5ab51f4d78459016bde18e9a760aa5d1aeefbc24','sums-holdout1',NULL,NULL,'number');
INSERT INTO "scores" VALUES('56643986042c9593a72885df8b57d555eaeacf19757532427ca684b009409aca','sums-probe0',NULL,NULL,'number');
INSERT INTO "scores" VALUES('63556830e4aad3dc07f46ffc987d3ef2fea85d5f089294b7f78eec48636244c3','sums-holdout1',NULL,NULL,'number');
INSERT INTO "scores" VALUES('67269b19030f83b5ebaba12192af8a6dda582288f5edabe0e10b0027e87a1f43','sums-probe0',NULL,NULL,'number');
INSERT INTO "scores" VALUES('80251a8a6b234f35636507320c7414b9ce837ac472e8777c553a7b9b299f3b2a','sums-probe1',NULL,NULL,'number');
INSERT INTO "scores" VALUES('853f868a687b1cffa77b22309866d74ba896ba6485458cca17ac14651804b3e8','sums-probe0',NULL,NULL,'number');
INSERT INTO "scores" VALUES('9b9e3b7e4a0de494a3cc0aee6bd03cb89923ac853b2474525e2a5cfbaddac932','sums-probe1',NULL,NULL,'number');
INSERT INTO "scores" VALUES('9ccae2ef2ab462c27e3ccd8f6359aa7dd92a599cb943906e848006138dc5b665','sums-holdout2',NULL,NULL,'number');
INSERT INTO "scores" VALUES('d6d2e0da3667fb31fbb66c960d33b9f04b2216fb60e9b7b17f10fcec317f4f30','sums-probe1',NULL,NULL,'number');
INSERT INTO "scores" VALUES('ef188884b1d8b6f7750a1d341d0ea2874f5b8bbf7402df020951667ceaa9904f','sums-holdout0',NULL,NULL,'number');
CREATE TABLE selections (
  id INTEGER PRIMARY KEY, run_id INTEGER REFERENCES runs(id), task TEXT NOT NULL REFERENCES tasks(name),
  strategy TEXT NOT NULL, accuracy REAL, ci_low REAL, ci_high REAL, samples INTEGER NOT NULL,
  decided INTEGER NOT NULL, method TEXT NOT NULL, alpha REAL, reason TEXT NOT NULL, chosen_by TEXT NOT NULL,
  created_at TEXT NOT NULL, UNIQUE (run_id, task, chosen_by)
) STRICT;
INSERT INTO "selections" VALUES(1,2,'sums','direct_answer',0.0,0.0,6.5761977249334679918e-01,2,0,'exhaustive',0.05,'no strategy got an answer right on 2 samples; direct_answer takes 1 tokens an answer','probe','2026-11-30T11:38:24.814+00:00');
CREATE TABLE strategies (
  name TEXT NOT NULL, hash TEXT NOT NULL, student TEXT NOT NULL, teacher TEXT NOT NULL,
  builtin INTEGER NOT NULL, created_at TEXT NOT NULL, PRIMARY KEY (name, hash)
) STRICT;
INSERT INTO "strategies" VALUES('direct_answer','01b4ddcd0f04ad4f','Answer at once, without any explanation.','Answer at once, without any explanation.',1,'2026-11-30T11:38:24.580+00:00');
INSERT INTO "strategies" VALUES('extract_generate','2a2e108ea4f8a928','First copy the facts of the text that the question needs, then answer from them.','First copy the facts of the text that the question needs, then answer from them. Keep the text''s own words, one fact a line, and leave out what the answer does not use.',1,'2026-11-30T11:38:24.580+00:00');
INSERT INTO "strategies" VALUES('recall_then_generate','08063de680d32f08','First recall a fact or rule that helps, then answer.','First recall a fact or rule that helps, then answer. Put what you recall into one or two general sentences, before the question''s own names and values appear.',1,'2026-11-30T11:38:24.580+00:00');
INSERT INTO "strategies" VALUES('step_by_step','0d3c4bd64016a7e1','Think step by step: one small step a line, then answer.','Think step by step: one small step a line, then answer. Each line uses only what stands above it, and does one thing; leave no step to be guessed.',1,'2026-11-30T11:38:24.580+00:00');
INSERT INTO "strategies" VALUES('recall_reason_generate','15a73cd10e8124e2','First recall the rule that applies, then reason from it step by step, then answer.','First recall the rule that applies, then reason from it step by step, then answer. Name the rule in one sentence, then apply it to this question, one short line a step.',1,'2026-11-30T11:38:24.580+00:00');
INSERT INTO "strategies" VALUES('explain_then_answer','a2466db89fd90b35','First explain in a few sentences how to find the answer, then answer.','First explain in a few sentences how to find the answer, then answer. Write three or four plain sentences that a beginner could follow, and no lists.',1,'2026-11-30T11:38:24.580+00:00');
CREATE TABLE system_messages (
  id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE
) STRICT;
INSERT INTO "system_messages" VALUES(1,'First explain in a few sentences how to find the answer, then answer.
End with a line "Answer: N", where N is the number alone.');
INSERT INTO "system_messages" VALUES(2,'First copy the facts of the text that the question needs, then answer from them.
End with a line "Answer: N", where N is the number alone.');
INSERT INTO "system_messages" VALUES(3,'First recall a fact or rule that helps, then answer.
End with a line "Answer: N", where N is the number alone.');
INSERT INTO "system_messages" VALUES(4,'First recall the rule that applies, then reason from it step by step, then answer.
End with a line "Answer: N", where N is the number alone.');
INSERT INTO "system_messages" VALUES(5,'Think step by step: one small step a line, then answer.
End with a line "Answer: N", where N is the number alone.');
INSERT INTO "system_messages" VALUES(6,'Answer at once, without any explanation.
End with a line "Answer: N", where N is the number alone.');
INSERT INTO "system_messages" VALUES(7,'');
CREATE TABLE tasks (
  name TEXT PRIMARY KEY, source TEXT NOT NULL, created_at TEXT NOT NULL
) STRICT;
INSERT INTO "tasks" VALUES('sums','samples.jsonl','2026-11-30T11:38:19.547+00:00');
INSERT INTO "tasks" VALUES('letters','samples.jsonl','2026-11-30T11:38:19.548+00:00');
CREATE TABLE teacher_calls (
  key TEXT PRIMARY KEY, endpoint TEXT NOT NULL, model TEXT NOT NULL, request_json TEXT NOT NULL,
  response_json TEXT, state TEXT NOT NULL CHECK (state IN ('reserved', 'done', 'failed')),
  prompt_tokens INTEGER NOT NULL, completion_tokens INTEGER NOT NULL, reserved_usd REAL, cost_usd REAL,
  attempts INTEGER NOT NULL, error TEXT NOT NULL, created_at TEXT NOT NULL, finished_at TEXT
, final INTEGER NOT NULL DEFAULT 0) STRICT;
INSERT INTO "teacher_calls" VALUES('8c9b760ddcb29ad2666f19a04ea5a87b80f0713e2c3e05a56689e4456506441a','file','rationale','{"endpoint":"file","max_tokens":1024,"messages":[{"content":"First explain in a few sentences how to find the answer, then answer. Write three or four plain sentences that a beginner could follow, and no lists.\nAnswer in full.","role":"system"},{"content":"What is 0 in train of letters?","role":"user"}],"model":"rationale","response_format":"text","sample_index":0,"seed":null,"temperature":0.0,"top_p":1.0}','{"text":"Dear 0, hello."}','done',0,0,0.0,0.0,1,'','2026-11-30T11:38:24.974+00:00','2026-11-30T11:38:24.985+00:00',0);
INSERT INTO "teacher_calls" VALUES('352fdc5f5416e78597079a0efd377fc20db4872ed24cc4b61f7ce9a8b1ed0010','file','rationale','{"endpoint":"file","max_tokens":1024,"messages":[{"content":"First explain in a few sentences how to find the answer, then answer. Write three or four plain sentences that a beginner could follow, and no lists.\nAnswer in full.","role":"system"},{"content":"What is 1 in train of letters?","role":"user"}],"model":"rationale","response_format":"text","sample_index":0,"seed":null,"temperature":0.0,"top_p":1.0}','{"text":"Dear 1, hello."}','done',0,0,0.0,0.0,1,'','2026-11-30T11:38:24.974+00:00','2026-11-30T11:38:24.985+00:00',0);
INSERT INTO "teacher_calls" VALUES('a5dc2bf0df4ec5d2521b0dba88323f16fb88698b34dab5aeb41715f62b7b8d10','file','rationale','{"endpoint":"file","max_tokens":1024,"messages":[{"content":"First explain in a few sentences how to find the answer, then answer. Write three or four plain sentences that a beginner could follow, and no lists.\nAnswer in full.","role":"system"},{"content":"What is 10 in train of letters?","role":"user"}],"model":"rationale","response_format":"text","sample_index":0,"seed":null,"temperature":0.0,"top_p":1.0}','{"text":"Dear 10, hello."}','done',0,0,0.0,0.0,1,'','2026-11-30T11:38:24.974+00:00','2026-11-30T11:38:24.985+00:00',0);
INSERT INTO "teacher_calls" VALUES('836e254353486e4f73118708fdc7e07d777ba16796b2b28bfbcfe4696e31af59','file','rationale','{"endpoint":"file","max_tokens":1024,"messages":[{"content":"First explain in a few sentences how to find the answer, then answer. Write three or four plain sentences that a beginner could follow, and no lists.\nAnswer in full.","role":"system"},{"content":"What is 11 in train of letters?","role":"user"}],"model":"rationale","response_format":"text","sample_index":0,"seed":null,"temperature":0.0,"top_p":1.0}','{"text":"Dear 11, hello."}','done',0,0,0.0,0.0,1,'','2026-11-30T11:38:24.974+00:00','2026-11-30T11:38:24.985+00:00',0);
INSERT INTO "teacher_calls" VALUES('aa7a9db76d6d050cccf48cca6a58a01277022d505fb2c5bb17c6625f7e52dce3','file','rationale','{"endpoint":"file","max_tokens":1024,"messages":[{"content":"First explain in a few sentences how to find the answer, then answer. Write three or four plain sentences that a beginner could follow, and no lists.\nAnswer in full.","role":"system"},{"content":"What is 12 in train of letters?","role":"user"}],"model":"rationale","response_format":"text","sample_index":0,"seed":null,"temperature":0.0,"top_p":1.0}','{"text":"Dear 12, hello."}','done',0,0,0.0,0.0,1,'','2026-11-30T11:38:24.974+00:00','2026-11-30T11:38:24.985+00:00',0);
INSERT INTO "teacher_calls" VALUES('3a14f9680fef0fa7d2034b4a73a6e8c43cd0b03b43022d968f95a6313b44fc5a','file','rationale','{"endpoint":"file","max_tokens":1024,"messages":[{"content":"First explain in a few sentences how to find the answer, then answer. Write three or four plain sentences that a beginner could follow, and no lists.\nAnswer in full.","role":"system"},{"content":"What is 13 in train of letters?","role":"user"}],"model":"rationale","response_format":"text","sample_index":0,"seed":null,"temperature":0.0,"top_p":1.0}','{"text":"Dear 13, hello."}','done',0,0,0.0,0.0,1,'','2026-11-30T11:38:24.974+00:00','2026-11-30T11:38:24.985+00:00',0);
INSERT INTO "teacher_calls" VALUES('9c03efc6fcb4a81485a51566ab20e0fa1365ff9f78b9e6349723da4fd4def0c9','file','rationale','{"endpoint":"file","max_tokens":1024,"messages":[{"content":"First explain in a few sentences how to find the answer, then answer. Write three or four plain sentences that a beginner could follow, and no lists.\nAnswer in full.","role":"system"},{"content":"What is 14 in train of letters?","role":"user"}],"model":"rationale","response_format":"text","sample_index":0,"seed":null,"temperature":0.0,"top_p":1.0}','{"text":"Dear 14, hello."}','done',0,0,0.0,0.0,1,'','2026-11-30T11:38:24.974+00:00','2026-11-30T11:38:24.985+00:00',0);
INSERT INTO "teacher_calls" VALUES('64c62ab7b80e7d376a9c3a2c32c02edaf61fd8f77f57856599a5a9d0c8b47abe','file','rationale','{"endpoint":"file","max_tokens":1024,"messages":[{"content":"First explain in a few sentences how to find the answer, then answer. Write three or four plain sentences that a beginner could follow, and no lists.\nAnswer in full.","role":"system"},{"content":"What is 15 in train of letters?","role":"user"}],"model":"rationale","response_format":"text","sample_index":0,"seed":null,"temperature":0.0,"top_p":1.0}','{"text":"Dear 15, hello."}','done',0,0,0.0,0.0,1,'','2026-11-30T11:38:24.974+00:00','2026-11-30T11:38:24.986+00:00',0);
INSERT INTO "teacher_calls" VALUES('e9b8b9a6dbc5c2f4174f84a9c9d96f2203c90a2e609a4fdd8069f2bc0264d51d','file','rationale','{"endpoint":"file","max_tokens":1024,"messages":[{"content":"First explain in a few sentences how to find the answer, then answer. Write three or four plain sentences that a beginner could follow, and no lists.\nAnswer in full.","role":"system"},{"content":"What is 16 in train of letters?","role":"user"}],"model":"rationale","response_format":"text","sample_index":0,"seed":null,"temperature":0.0,"top_p":1.0}','{"text":"Dear 16, hello."}','done',0,0,0.0,0.0,1,'','2026-11-30T11:38:24.979+00:00','2026-11-30T11:38:24.986+00:00',0);
INSERT INTO "teacher_calls" VALUES('1fdaa05582a682e19ff9b7102213688beef5de31eae84445d356a0c5ef668271','file','rationale','{"endpoint":"file","max_tokens":1024,"messages":[{"content":"First explain in a few sentences how to find the answer, then answer. Write three or four plain sentences that a beginner could follow, and no lists.\nAnswer in full.","role":"system"},{"content":"What is 17 in train of letters?","role":"user"}],"model":"rationale","response_format":"text","sample_index":0,"seed":null,"temperature":0.0,"top_p":1.0}','{"text":"Dear 17, hello."}','done',0,0,0.0,0.0,1,'','2026-11-30T11:38:24.979+00:00','2026-11-30T11:38:24.986+00:00',0);
INSERT INTO "teacher_calls" VALUES('dcba7b1a22a04ff4499687566596f4a7a5ebd53ebcc34b96b68a2840f7ae254e','file','rationale','{"endpoint":"file","max_tokens":1024,"messages":[{"content":"First explain in a few sentences how to find the answer, then answer. Write three or four plain sentences that a beginner could follow, and no lists.\nAnswer in full.","role":"system"},{"content":"What is 18 in train of letters?","role":"user"}],"model":"rationale","response_format":"text","sample_index":0,"seed":null,"temperature":0.0,"top_p":1.0}','{"text":"Dear 18, hello."}','done',0,0,0.0,0.0,1,'','2026-11-30T11:38:24.979+00:00','2026-11-30T11:38:24.986+00:00',0);
INSERT INTO "teacher_calls" VALUES('d3b2fbd354cd4bbe2af81f22f466851eb807baa67f6fc6697aa0eda0a21107c3','file','rationale','{"endpoint":"file","max_tokens":1024,"messages":[{"content":"First explain in a few sentences how to find the answer, then answer. Write three or four plain sentences that a beginner could follow, and no lists.\nAnswer in full.","role":"system"},{"content":"What is 19 in train of letters?","role":"user"}],"model":"rationale","response_format":"text","sample_index":0,"seed":null,"temperature":0.0,"top_p":1.0}','{"text":"Dear 19, hello."}','done',0,0,0.0,0.0,1,'','2026-11-30T11:38:24.979+00:00','2026-11-30T11:38:24.986+00:00',0);
INSERT INTO "teacher_calls" VALUES('38eed85a510458a30a21845b36f802a5f20aff124a713c54465f507b2bf8e08b','file','rationale','{"endpoint":"file","max_tokens":1024,"messages":[{"content":"First explain in a few sentences how to find the answer, then answer. Write three or four plain sentences that a beginner could follow, and no lists.\nAnswer in full.","role":"system"},{"content":"What is 2 in train of letters?","role":"user"}],"model":"rationale","response_format":"text","sample_index":0,"seed":null,"temperature":0.0,"top_p":1.0}','{"text":"Dear 2, hello."}','done',0,0,0.0,0.0,1,'','2026-11-30T11:38:24.979+00:00','2026-11-30T11:38:24.986+00:00',0);
INSERT INTO "teacher_calls" VALUES('c983e381141354b3bf24daf5a8a57f7e6628f136c61857ba7284f5d3fc0b7697','file','rationale','{"endpoint":"file","max_tokens":1024,"messages":[{"content":"First explain in a few sentences how to find the answer, then answer. Write three or four plain sentences that a beginner could follow, and no lists.\nAnswer in full.","role":"system"},{"content":"What is 20 in train of letters?","role":"user"}],"model":"rationale","response_format":"text","sample_index":0,"seed":null,"temperature":0.0,"top_p":1.0}','{"text":"Dear 20, hello."}','done',0,0,0.0,0.0,1,'','2026-11-30T11:38:24.979+00:00','2026-11-30T11:38:24.986+00:00',0);
INSERT INTO "teacher_calls" VALUES('afd934c71b0d9f8378207c5c26c0ad12c6db0bc571ce3cddfd640f8cc8df7e0a','file','rationale','{"endpoint":"file","max_tokens":1024,"messages":[{"content":"First explain in a few sentences how to find the answer, then answer. Write three or four plain sentences that a beginner could follow, and no lists.\nAnswer in full.","role":"system"},{"content":"What is 21 in train of letters?","role":"user"}],"model":"rationale","response_format":"text","sample_index":0,"seed":null,"temperature":0.0,"top_p":1.0}','{"text":"Dear 21, hello."}','done',0,0,0.0,0.0,1,'','2026-11-30T11:38:24.979+00:00','2026-11-30T11:38:24.986+00:00',0);
INSERT INTO "teacher_calls" VALUES('65f52de2d6e46e5151462142249dd0e29f2d6845f0a9bebc96a892e748a258b0','file','rationale','{"endpoint":"file","max_tokens":1024,"messages":[{"content":"First explain in a few sentences how to find the answer, then answer. Write three or four plain sentences that a beginner could follow, and no lists.\nAnswer in full.","role":"system"},{"content":"What is 3 in train of letters?","role":"user"}],"model":"rationale","response_format":"text","sample_index":0,"seed":null,"temperature":0.0,"top_p":1.0}','{"text":"Dear 3, hello."}','done',0,0,0.0,0.0,1,'','2026-11-30T11:38:24.979+00:00','2026-11-30T11:38:24.986+00:00',0);
INSERT INTO "teacher_calls" VALUES('534ccee71e7b0c87d616be411bbf626c93e126de2dfb202cae6dbb6376dd3773','file','rationale','{"endpoint":"file","max_tokens":1024,"messages":[{"content":"First explain in a few sentences how to find the answer, then answer. Write three or four plain sentences that a beginner could follow, and no lists.\nAnswer in full.","role":"system"},{"content":"What is 4 in train of letters?","role":"user"}],"model":"rationale","response_format":"text","sample_index":0,"seed":null,"temperature":0.0,"top_p":1.0}','{"text":"Dear 4, hello."}','done',0,0,0.0,0.0,1,'','2026-11-30T11:38:24.979+00:00','2026-11-30T11:38:24.986+00:00',0);
INSERT INTO "teacher_calls" VALUES('646482d6e709676f71d0c1ed4513deb2a5103d8e50c7c5212f9fe5a1a51cabcd','file','rationale','{"endpoint":"file","max_tokens":1024,"messages":[{"content":"First explain in a few sentences how to find the answer, then answer. Write three or four plain sentences that a beginner could follow, and no lists.\nAnswer in full.","role":"system"},{"content":"What is 5 in train of letters?","role":"user"}],"model":"rationale","response_format":"text","sample_index":0,"seed":null,"temperature":0.0,"top_p":1.0}','{"text":"Dear 5, hello."}','done',0,0,0.0,0.0,1,'','2026-11-30T11:38:24.979+00:00','2026-11-30T11:38:24.986+00:00',0);
INSERT INTO "teacher_calls" VALUES('56da17d01e72d6e985157cc2b7aea8f7372ab64d405bb4ee76982604da502258','file','rationale','{"endpoint":"file","max_tokens":1024,"messages":[{"content":"First explain in a few sentences how to find the answer, then answer. Write three or four plain sentences that a beginner could follow, and no lists.\nAnswer in full.","role":"system"},{"content":"What is 6 in train of letters?","role":"user"}],"model":"rationale","response_format":"text","sample_index":0,"seed":null,"temperature":0.0,"top_p":1.0}','{"text":"Dear 6, hello."}','done',0,0,0.0,0.0,1,'','2026-11-30T11:38:24.979+00:00','2026-11-30T11:38:24.986+00:00',0);
INSERT INTO "teacher_calls" VALUES('f01efc9e249d6bd350d17c2732f019baa712cc0c9caa52c3b76e3abe12cf3c15','file','rationale','{"endpoint":"file","max_tokens":1024,"messages":[{"content":"First explain in a few sentences how to find the answer, then answer. Write three or four plain sentences that a beginner could follow, and no lists.\nAnswer in full.","role":"system"},{"content":"What is 7 in train of letters?","role":"user"}],"model":"rationale","response_format":"text","sample_index":0,"seed":null,"temperature":0.0,"top_p":1.0}','{"text":"Dear 7, hello."}','done',0,0,0.0,0.0,1,'','2026-11-30T11:38:24.979+00:00','2026-11-30T11:38:24.986+00:00',0);
INSERT INTO "teacher_calls" VALUES('7b67b15e2417a56d3ca0a143ccc468a3dc5d9ed369a6a241fe6f89ce7b6338dd','file','rationale','{"endpoint":"file","max_tokens":1024,"messages":[{"content":"First explain in a few sentences how to find the answer, then answer. Write three or four plain sentences that a beginner could follow, and no lists.\nAnswer in full.","role":"system"},{"content":"What is 8 in train of letters?","role":"user"}],"model":"rationale","response_format":"text","sample_index":0,"seed":null,"temperature":0.0,"top_p":1.0}','{"text":"Dear 8, hello."}','done',0,0,0.0,0.0,1,'','2026-11-30T11:38:24.979+00:00','2026-11-30T11:38:24.986+00:00',0);
INSERT INTO "teacher_calls" VALUES('4cc9c143435603060c038d67685923729880da56518117b0880fb4aad6ed3db3','file','rationale','{"endpoint":"file","max_tokens":1024,"messages":[{"content":"First explain in a few sentences how to find the answer, then answer. Write three or four plain sentences that a beginner could follow, and no lists.\nAnswer in full.","role":"system"},{"content":"What is 9 in train of letters?","role":"user"}],"model":"rationale","response_format":"text","sample_index":0,"seed":null,"temperature":0.0,"top_p":1.0}','{"text":"Dear 9, hello."}','done',0,0,0.0,0.0,1,'','2026-11-30T11:38:24.979+00:00','2026-11-30T11:38:24.991+00:00',0);
INSERT INTO "teacher_calls" VALUES('106ee0dd29b9843fa6692504f345aeaaba9162794a1cfc493bfd8ddbd52699d0','file','rationale','{"endpoint":"file","max_tokens":1024,"messages":[{"content":"Answer at once, without any explanation.\nEnd with a line \"Answer: N\", where N is the number alone.","role":"system"},{"content":"What is 0 in train of sums?","role":"user"}],"model":"rationale","response_format":"text","sample_index":0,"seed":null,"temperature":0.0,"top_p":1.0}','{"text":"It is 0, as anybody can see.\n\nAnswer: 0"}','done',0,0,0.0,0.0,1,'','2026-11-30T11:38:24.979+00:00','2026-11-30T11:38:24.991+00:00',0);
INSERT INTO "teacher_calls" VALUES('d1092c24e5db4a041b2cb5e0ce4109b73932480956601b32a4d62a616abc1e98','file','rationale','{"endpoint":"file","max_tokens":1024,"messages":[{"content":"Answer at once, without any explanation.\nEnd with a line \"Answer: N\", where N is the number alone.","role":"system"},{"content":"What is 1 in train of sums?","role":"user"}],"model":"rationale","response_format":"text","sample_index":0,"seed":null,"temperature":0.0,"top_p":1.0}','{"text":"It is 1, as anybody can see.\n\nAnswer: 1"}','done',0,0,0.0,0.0,1,'','2026-11-30T11:38:24.979+00:00','2026-11-30T11:38:24.992+00:00',0);
INSERT INTO "teacher_calls" VALUES('87c72d0f16bf7a52ea06227498f84197fac39e19bc6be0904a226e4017e68450','file','rationale','{"endpoint":"file","max_tokens":1024,"messages":[{"content":"Answer at once, without any explanation.\nEnd with a line \"Answer: N\", where N is the number alone.","role":"system"},{"content":"What is 10 in train of sums?","role":"user"}],"model":"rationale","response_format":"text","sample_index":0,"seed":null,"temperature":0.0,"top_p":1.0}','{"text":"It is 10, as anybody can see.\n\nAnswer: 10"}','done',0,0,0.0,0.0,1,'','2026-11-30T11:38:24.979+00:00','2026-11-30T11:38:24.993+00:00',0);
INSERT INTO "teacher_calls" VALUES('1bb9c98c4547a9a54f11d0a526edd8652c30be93d3abcbd0a96381ada6845bd8','file','rationale','{"endpoint":"file","max_tokens":1024,"messages":[{"content":"Answer at once, without any explanation.\nEnd with a line \"Answer: N\", where N is the number alone.","role":"system"},{"content":"What is 11 in train of sums?","role":"user"}],"model":"rationale","response_format":"text","sample_index":0,"seed":null,"temperature":0.0,"top_p":1.0}','{"text":"It is 11, as anybody can see.\n\nAnswer: 11"}','done',0,0,0.0,0.0,1,'','2026-11-30T11:38:24.979+00:00','2026-11-30T11:38:24.993+00:00',0);
INSERT INTO "teacher_calls" VALUES('335e88ff6301e95ddb63264cf65ef3fa3b5ac8a064fdd0d53d6595adb03b06d4','file','rationale','{"endpoint":"file","max_tokens":1024,"messages":[{"content":"Answer at once, without any explanation.\nEnd with a line \"Answer: N\", where N is the number alone.","role":"system"},{"content":"What is 12 in train of sums?","role":"user"}],"model":"rationale","response_format":"text","sample_index":0,"seed":null,"temperature":0.0,"top_p":1.0}','{"text":"It is 12, as anybody can see.\n\nAnswer: 12"}','done',0,0,0.0,0.0,1,'','2026-11-30T11:38:24.979+00:00','2026-11-30T11:38:24.993+00:00',0);
INSERT INTO "teacher_calls" VALUES('30f579d0bfbcc1deca1c4017eae6364a65d5c3a412e11412d06cc7466d9a5dd8','file','rationale','{"endpoint":"file","max_tokens":1024,"messages":[{"content":"Answer at once, without any explanation.\nEnd with a line \"Answer: N\", where N is the number alone.","role":"system"},{"content":"What is 13 in train of sums?","role":"user"}],"model":"rationale","response_format":"text","sample_index":0,"seed":null,"temperature":0.0,"top_p":1.0}','{"text":"It is 13, as anybody can see.\n\nAnswer: 13"}','done',0,0,0.0,0.0,1,'','2026-11-30T11:38:24.979+00:00','2026-11-30T11:38:24.993+00:00',0);
INSERT INTO "teacher_calls" VALUES('d78ca4bc741cfadb4d9b1f9560158a71e0b9d1ee0ffe755635cac03ccf8c31ec','file','rationale','{"endpoint":"file","max_tokens":1024,"messages":[{"content":"Answer at once, without any explanation.\nEnd with a line \"Answer: N\", where N is the number alone.","role":"system"},{"content":"What is 14 in train of sums?","role":"user"}],"model":"rationale","response_format":"text","sample_index":0,"seed":null,"temperature":0.0,"top_p":1.0}','{"text":"It is 14, as anybody can see.\n\nAnswer: 14"}','done',0,0,0.0,0.0,1,'','2026-11-30T11:38:24.980+00:00','2026-11-30T11:38:24.994+00:00',0);
INSERT INTO "teacher_calls" VALUES('d933ac682cc6b968fd4c4be1f68a73b26b212fd0c34cea77550b6b12b64f948d','file','rationale','{"endpoint":"file","max_tokens":1024,"messages":[{"content":"Answer at once, without any explanation.\nEnd with a line \"Answer: N\", where N is the number alone.","role":"system"},{"content":"What is 15 in train of sums?","role":"user"}],"model":"rationale","response_format":"text","sample_index":0,"seed":null,"temperature":0.0,"top_p":1.0}','{"text":"It is 15, as anybody can see.\n\nAnswer: 15"}','done',0,0,0.0,0.0,1,'','2026-11-30T11:38:24.980+00:00','2026-11-30T11:38:24.994+00:00',0);
INSERT INTO "teacher_calls" VALUES('8852f0d613fdbb63e92ce01ad5d250691fdbec7e287d44500b7f4edd0cb3fbfe','file','rationale','{"endpoint":"file","max_tokens":1024,"messages":[{"content":"Answer at once, without any explanation.\nEnd with a line \"Answer: N\", where N is the number alone.","role":"system"},{"content":"What is 16 in train of sums?","role":"user"}],"model":"rationale","response_format":"text","sample_index":0,"seed":null,"temperature":0.0,"top_p":1.0}','{"text":"It is 16, as anybody can see.\n\nAnswer: 16"}','done',0,0,0.0,0.0,1,'','2026-11-30T11:38:24.980+00:00','2026-11-30T11:38:24.994+00:00',0);
INSERT INTO "teacher_calls" VALUES('520ee1fe7d0f0f13eb59c8cc384b55166e1cb88a0cf75d0443bae1c919d7f701','file','rationale','{"endpoint":"file","max_tokens":1024,"messages":[{"content":"Answer at once, without any explanation.\nEnd with a line \"Answer: N\", where N is the number alone.","role":"system"},{"content":"What is 17 in train of sums?","role":"user"}],"model":"rationale","response_format":"text","sample_index":0,"seed":null,"temperature":0.0,"top_p":1.0}','{"text":"It is 17, as anybody can see.\n\nAnswer: 17"}','done',0,0,0.0,0.0,1,'','2026-11-30T11:38:24.980+00:00','2026-11-30T11:38:24.994+00:00',0);
INSERT INTO "teacher_calls" VALUES('33a97cdfd7d5ad8da4bf4df31f3392064d2c57e9c573ae58c185d898f2b75781','file','rationale','{"endpoint":"file","max_tokens":1024,"messages":[{"content":"Answer at once, without any explanation.\nEnd with a line \"Answer: N\", where N is the number alone.","role":"system"},{"content":"What is 18 in train of sums?","role":"user"}],"model":"rationale","response_format":"text","sample_index":0,"seed":null,"temperature":0.0,"top_p":1.0}','{"text":"It is 18, as anybody can see.\n\nAnswer: 18"}','done',0,0,0.0,0.0,1,'','2026-11-30T11:38:24.980+00:00','2026-11-30T11:38:24.999+00:00',0);
INSERT INTO "teacher_calls" VALUES('fcf81b57d7e661fec899272e1c4a7b99cd3aa66f8f6c03a279fccdd794662639','file','rationale','{"endpoint":"file","max_tokens":1024,"messages":[{"content":"Answer at once, without any explanation.\nEnd with a line \"Answer: N\", where N is the number alone.","role":"system"},{"content":"What is 19 in train of sums?","role":"user"}],"model":"rationale","response_format":"text","sample_index":0,"seed":null,"temperature":0.0,"top_p":1.0}','{"text":"It is 19, as anybody can see.\n\nAnswer: 19"}','done',0,0,0.0,0.0,1,'','2026-11-30T11:38:24.980+00:00','2026-11-30T11:38:24.999+00:00',0);
INSERT INTO "teacher_calls" VALUES('22ca0451d433762126d1fa21c568eb3748d1f00e236990af2d2f62852ce5da39','file','rationale','{"endpoint":"file","max_tokens":1024,"messages":[{"content":"Answer at once, without any explanation.\nEnd with a line \"Answer: N\", where N is the number alone.","role":"system"},{"content":"What is 2 in train of sums?","role":"user"}],"model":"rationale","response_format":"text","sample_index":0,"seed":null,"temperature":0.0,"top_p":1.0}','{"text":"It is 2, as anybody can see.\n\nAnswer: 2"}','done',0,0,0.0,0.0,1,'','2026-11-30T11:38:24.980+00:00','2026-11-30T11:38:25.000+00:00',0);
INSERT INTO "teacher_calls" VALUES('09d3244a8f3118e05489451530147d06ff469241b89c5a741b2c1f4a7d80d159','file','rationale','{"endpoint":"file","max_tokens":1024,"messages":[{"content":"Answer at once, without any explanation.\nEnd with a line \"Answer: N\", where N is the number alone.","role":"system"},{"content":"What is 20 in train of sums?","role":"user"}],"model":"rationale","response_format":"text","sample_index":0,"seed":null,"temperature":0.0,"top_p":1.0}','{"text":"It is 20, as anybody can see.\n\nAnswer: 20"}','done',0,0,0.0,0.0,1,'','2026-11-30T11:38:24.980+00:00','2026-11-30T11:38:25.000+00:00',0);
INSERT INTO "teacher_calls" VALUES('7a0df06981636fe44d57ec609ee365ec225c01a1f89094fdba5790b8c10f8d5d','file','rationale','{"endpoint":"file","max_tokens":1024,"messages":[{"content":"Answer at once, without any explanation.\nEnd with a line \"Answer: N\", where N is the number alone.","role":"system"},{"content":"What is 21 in train of sums?","role":"user"}],"model":"rationale","response_format":"text","sample_index":0,"seed":null,"temperature":0.0,"top_p":1.0}','{"text":"It is 21, as anybody can see.\n\nAnswer: 21"}','done',0,0,0.0,0.0,1,'','2026-11-30T11:38:24.980+00:00','2026-11-30T11:38:25.000+00:00',0);
INSERT INTO "teacher_calls" VALUES('f157bd292e1f77d860d2cc477db79e53257ed74cd07728c5a89e09a34883edb2','file','rationale','{"endpoint":"file","max_tokens":1024,"messages":[{"content":"Answer at once, without any explanation.\nEnd with a line \"Answer: N\", where N is the number alone.","role":"system"},{"content":"What is 3 in train of sums?","role":"user"}],"model":"rationale","response_format":"text","sample_index":0,"seed":null,"temperature":0.0,"top_p":1.0}','{"text":"It is 3, as anybody can see.\n\nAnswer: 3"}','done',0,0,0.0,0.0,1,'','2026-11-30T11:38:24.980+00:00','2026-11-30T11:38:25.000+00:00',0);
INSERT INTO "teacher_calls" VALUES('84c751d0a56a5f971b97da6e55a4542b89a0ee99925bfe87d9fa8d2a32a00d97','file','rationale','{"endpoint":"file","max_tokens":1024,"messages":[{"content":"Answer at once, without any explanation.\nEnd with a line \"Answer: N\", where N is the number alone.","role":"system"},{"content":"What is 4 in train of sums?","role":"user"}],"model":"rationale","response_format":"text","sample_index":0,"seed":null,"temperature":0.0,"top_p":1.0}','{"text":"It is 4, as anybody can see.\n\nAnswer: 4"}','done',0,0,0.0,0.0,1,'','2026-11-30T11:38:24.980+00:00','2026-11-30T11:38:25.000+00:00',0);
INSERT INTO "teacher_calls" VALUES('6c70edfbb63e28dcf2b9897458f4b23613d1efa0d82ac9932891bf695210eea7','file','rationale','{"endpoint":"file","max_tokens":1024,"messages":[{"content":"Answer at once, without any explanation.\nEnd with a line \"Answer: N\", where N is the number alone.","role":"system"},{"content":"What is 5 in train of sums?","role":"user"}],"model":"rationale","response_format":"text","sample_index":0,"seed":null,"temperature":0.0,"top_p":1.0}','{"text":"It is 5, as anybody can see.\n\nAnswer: 5"}','done',0,0,0.0,0.0,1,'','2026-11-30T11:38:24.980+00:00','2026-11-30T11:38:25.001+00:00',0);
INSERT INTO "teacher_calls" VALUES('2930d2cc250b8cdb71bb777b43020a7d52cf19111963ce845810b86b01043e49','file','rationale','{"endpoint":"file","max_tokens":1024,"messages":[{"content":"Answer at once, without any explanation.\nEnd with a line \"Answer: N\", where N is the number alone.","role":"system"},{"content":"What is 6 in train of sums?","role":"user"}],"model":"rationale","response_format":"text","sample_index":0,"seed":null,"temperature":0.0,"top_p":1.0}','{"text":"It is 6, as anybody can see.\n\nAnswer: 6"}','done',0,0,0.0,0.0,1,'','2026-11-30T11:38:24.980+00:00','2026-11-30T11:38:25.001+00:00',0);
INSERT INTO "teacher_calls" VALUES('ab50e317ec5c00d919961ae3ce678a2f8b769d8e80724f9917c63e0c00bb131e','file','rationale','{"endpoint":"file","max_tokens":1024,"messages":[{"content":"Answer at once, without any explanation.\nEnd with a line \"Answer: N\", where N is the number alone.","role":"system"},{"content":"What is 7 in train of sums?","role":"user"}],"model":"rationale","response_format":"text","sample_index":0,"seed":null,"temperature":0.0,"top_p":1.0}','{"text":"It is 7, as anybody can see.\n\nAnswer: 7"}','done',0,0,0.0,0.0,1,'','2026-11-30T11:38:24.980+00:00','2026-11-30T11:38:25.001+00:00',0);
INSERT INTO "teacher_calls" VALUES('c7d51d51f64d34aab4282ccb9b7a96acc824f3d950a3dbde1c674a8c9060c6f7','file','rationale','{"endpoint":"file","max_tokens":1024,"messages":[{"content":"Answer at once, without any explanation.\nEnd with a line \"Answer: N\", where N is the number alone.","role":"system"},{"content":"What is 8 in train of sums?","role":"user"}],"model":"rationale","response_format":"text","sample_index":0,"seed":null,"temperature":0.0,"top_p":1.0}','{"text":"It is 8, as anybody can see.\n\nAnswer: 8"}','done',0,0,0.0,0.0,1,'','2026-11-30T11:38:24.980+00:00','2026-11-30T11:38:25.001+00:00',0);
INSERT INTO "teacher_calls" VALUES('fc487081353b52cb34f38fda956778d320b8392ca6bbe4aed5d7dff3ccd9d613','file','rationale','{"endpoint":"file","max_tokens":1024,"messages":[{"content":"Answer at once, without any explanation.\nEnd with a line \"Answer: N\", where N is the number alone.","role":"system"},{"content":"What is 9 in train of sums?","role":"user"}],"model":"rationale","response_format":"text","sample_index":0,"seed":null,"temperature":0.0,"top_p":1.0}','{"text":"It is 9, as anybody can see.\n\nAnswer: 9"}','done',0,0,0.0,0.0,1,'','2026-11-30T11:38:24.980+00:00','2026-11-30T11:38:25.002+00:00',0);
CREATE TABLE training_metrics (
  training_id INTEGER NOT NULL REFERENCES trainings(id), step INTEGER NOT NULL, name TEXT NOT NULL, value REAL,
  PRIMARY KEY (training_id, name, step)
) STRICT, WITHOUT ROWID;
INSERT INTO "training_metrics" VALUES(1,1,'loss',1.08440893140889826895e+01);
INSERT INTO "training_metrics" VALUES(1,2,'loss',1.05459533691406246445e+01);
INSERT INTO "training_metrics" VALUES(1,1,'validation_loss',1.06049924908262305223e+01);
INSERT INTO "training_metrics" VALUES(1,2,'validation_loss',1.06045458244554922087e+01);
CREATE TABLE trainings (
  id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, run_id INTEGER NOT NULL REFERENCES runs(id),
  weights_sha256 TEXT NOT NULL, recipe_json TEXT NOT NULL, rows INTEGER NOT NULL, directory TEXT NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('running', 'done', 'failed')), summary_json TEXT NOT NULL,
  created_at TEXT NOT NULL, finished_at TEXT
) STRICT;
INSERT INTO "trainings" VALUES(1,'506aafa53a1111f7066a7834f6ff2c10fa62700ad21e42062929a9502ca6ec65',5,'0736652a1b6b81567210bd7c150461fb8f2a9062cfe5aa059c0de52fed1ab9d2','{"alpha":32.0,"batch_size":4,"dropout":0.0,"final_learning_rate":0.05,"learning_rate":0.0001,"max_grad_norm":1.0,"quantize_base":"none","rank":2,"rank_stabilized":false,"schedule":"cosine","seed":0,"target_layers":[],"total_steps":2,"validate_every":1,"validation_share":0.1,"warmup_steps":0,"weight_decay":0.0}',44,'/home/user/workspace/adapters/506aafa53a1111f7','done','{"best_step":2,"memory":{"peak":123572224,"planned":137053644},"seconds":6.385,"steps":2,"tokens_per_second":297.8130432751359,"train_loss":10.545953369140625,"validation_loss":10.604545824455492}','2026-11-30T11:38:26.421+00:00','2026-11-30T11:38:32.807+00:00');
CREATE UNIQUE INDEX "idx__sqlite_migrations_migration_set_name"
    ON "_sqlite_migrations" ("migration_set", "name");
CREATE INDEX samples_by_task ON samples(task, split, kind);
CREATE INDEX measurements_by_run ON measurements(run_id);
CREATE INDEX selections_by_task ON selections(task);
CREATE INDEX charges_by_call ON charges(call_key);
CREATE VIRTUAL TABLE demonstration_texts USING fts5(text, content='demonstrations', content_rowid='id');
INSERT INTO demonstration_texts(demonstration_texts) VALUES('rebuild');
CREATE VIEW latest_measurements AS
  SELECT max(run_id) AS run_id, id, sample_id, strategy, model_id, system_message_id, sample_index, generation_key
  FROM measurements GROUP BY sample_id, model_id, strategy, system_message_id, sample_index;
CREATE VIEW probe_matrix AS
  SELECT samples.task AS task, measured.strategy AS strategy, models.path AS model, count(*) AS n,
    round(avg(coalesce(scores.value, 0)), 4) AS accuracy,
    round(avg(scores.value IS NOT NULL), 4) AS extracted,
    round(avg(generations.completion_tokens), 1) AS completion_tokens
  FROM latest_measurements AS measured
  JOIN samples ON samples.id = measured.sample_id AND samples.split = 'probe'
  JOIN models ON models.id = measured.model_id
  JOIN generations ON generations.key = measured.generation_key
  LEFT JOIN scores ON scores.generation_key = measured.generation_key AND scores.sample_id = measured.sample_id
  GROUP BY samples.task, measured.strategy, models.id;
CREATE VIEW evaluation_summary AS
  SELECT run_id, model, system_message, count(*) AS tasks, sum(n) AS n,
    round(sum(accuracy * n) / sum(n), 4) AS accuracy, round(sum(extracted * n) / sum(n), 4) AS extracted
  FROM evaluations GROUP BY run_id, model, model_id, system_message;
CREATE VIEW teacher_spend AS
  SELECT calls.endpoint AS endpoint, calls.model AS model, count(DISTINCT calls.key) AS calls,
    count(charges.id) AS tries,
    round(sum(coalesce(charges.cost_usd, 0)), 4) AS cost_usd,
    round(sum(CASE WHEN charges.cost_usd IS NULL THEN charges.reserved_usd ELSE 0 END), 4) AS unsettled_usd
  FROM charges JOIN teacher_calls AS calls ON calls.key = charges.call_key GROUP BY calls.endpoint, calls.model;
CREATE TRIGGER demonstration_added AFTER INSERT ON demonstrations BEGIN
  INSERT INTO demonstration_texts(rowid, text) VALUES (new.id, new.text); END;
CREATE TRIGGER demonstration_changed AFTER UPDATE OF text ON demonstrations WHEN old.text IS NOT new.text BEGIN
  INSERT INTO demonstration_texts(demonstration_texts, rowid, text) VALUES ('delete', old.id, old.text); INSERT INTO
  demonstration_texts(rowid, text) VALUES (new.id, new.text); END;
COMMIT;
